// The mapper that is compared with the present one: a version of the table, or a module that exports
// `normalize` with the same signature, such as packages/sources of another work tree.

import { existsSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf } from '@fleet/runtime'
import { mappers } from '@fleet/sources'
import type { Mapper } from '@fleet/sources'
import { UsageError } from '../exit-code.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))

/** What Node says of a module that it took for CommonJS, or whose packages it did not find. */
const outsideCodes = ['ERR_REQUIRE_CYCLE_MODULE', 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

const doors = ['packages/sources/src/index.ts', 'src/index.ts', 'index.ts', 'index.js']

/** @throws UsageError: there is no such version and no such module, or it exports no mapper. */
export async function loadCandidate(given: string): Promise<Mapper> {
  const known = mappers.get(given)
  if (known !== undefined) return known
  const file = moduleFile(given)
  let loaded: Record<string, unknown>
  try {
    loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    throw new UsageError(`${file} can not be loaded: ${problemOf(error, file)}`)
  }
  const { normalize, mapperVersion } = loaded
  if (typeof normalize !== 'function') {
    throw new UsageError(`${file} exports no function normalize(raw, endpoint, platform)`)
  }
  return {
    version: typeof mapperVersion === 'string' ? mapperVersion : 'unnamed',
    normalize: normalize as Mapper['normalize'],
  }
}

function problemOf(error: unknown, file: string): string {
  const { code = '' } = error as NodeJS.ErrnoException
  const isOutside = !file.startsWith(repository.endsWith(sep) ? repository : repository + sep)
  if (!isOutside || !outsideCodes.includes(code)) return messageOf(error)
  const said = code === 'ERR_REQUIRE_CYCLE_MODULE' ? '' : ` (${messageOf(error)})`
  return (
    'outside the repository it is no ES module and its packages are not found; put it into a work ' +
    `tree below the repository: git worktree add .fleet/next${said}`
  )
}

function moduleFile(given: string): string {
  const path = resolve(given)
  if (!existsSync(path)) {
    const versions = [...mappers.keys()].join(', ')
    throw new UsageError(
      `--candidate ${given} is no version of the mapper (${versions}) and no file or folder`,
    )
  }
  if (!statSync(path).isDirectory()) return path
  const door = doors.map(each => join(path, each)).find(each => existsSync(each))
  if (door !== undefined) return door
  throw new UsageError(`${path} has none of ${doors.join(', ')}`)
}
