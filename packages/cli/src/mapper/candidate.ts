// The mapper that is compared with the present one: a version of the table, or a module that exports
// `normalize` with the same signature, such as packages/sources of another work tree.

import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '@fleet/runtime'
import { mappers } from '@fleet/sources'
import type { Mapper } from '@fleet/sources'
import { UsageError } from '../exit-code.ts'

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
    throw new UsageError(`${file} can not be loaded: ${messageOf(error)}`)
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
