// Programs made of the sources for running: each one file with what it imports, so that a start reads a
// handful of files instead of a thousand (docs/decisions/0004-no-build-step.md). Folders are named by
// their content: sources that did not change build to the same place, and what runs is never replaced.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { build, stop } from 'esbuild'
import type { OutputFile, Plugin } from 'esbuild'

import { repositoryRoot } from './settings.ts'

/** Inside `node_modules`, so that programs find the packages that stay outside of them. */
const cacheFolder = join(repositoryRoot, 'node_modules', '.cache', 'fleetstream', 'programs')

/** kafkajs is corrected in place (packages/kafka/src/kafkajs.ts), so there must be one; others hold machine code. */
const apart = ['kafkajs', '@node-rs/*', 'tsx', 'tsx/*']

/** What packages that are no modules expect to find. */
const banner = [
  "import { createRequire as requireFrom } from 'node:module'",
  'const require = requireFrom(import.meta.url)',
].join('\n')

/** How Node runs a program, built here (stack traces name the sources) or still a source. */
export function nodeArguments(program: string): string[] {
  return program.endsWith('.ts') ? ['--import', 'tsx', program] : ['--enable-source-maps', program]
}

/**
 * Builds programs that share what they have in common; `sources` are their TypeScript files by name.
 * Resolves with the path of each.
 */
export async function buildPrograms<Name extends string>(
  sources: Readonly<Record<Name, string>>,
): Promise<Record<Name, string>> {
  const folder = keep(await bundle(sources))
  const names = Object.keys(sources) as Name[]
  const paths = names.map(name => [name, join(folder, `${name}.mjs`)] as const)
  return Object.fromEntries(paths) as Record<Name, string>
}

/** The files, not yet written anywhere. */
async function bundle(sources: Readonly<Record<string, string>>): Promise<OutputFile[]> {
  try {
    const { outputFiles } = await build({
      entryPoints: sources,
      absWorkingDir: repositoryRoot,
      outdir: cacheFolder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      inject: [join(repositoryRoot, 'infra/local/node-globals.ts')],
      splitting: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: `node${process.versions.node}`,
      external: apart,
      sourcemap: 'linked',
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'silent',
      banner: { js: banner },
      plugins: [ownPlaces(Object.values(sources))],
    })
    return outputFiles
  } finally {
    // The builder's process would stay, with a hundred megabytes, as long as this one.
    await stop()
  }
}

/**
 * `import.meta.url` stays the place of the source, beside which its files are; but a program's own
 * is the built one, which is what its threads are to run.
 */
function ownPlaces(programs: readonly string[]): Plugin {
  return {
    name: 'own places',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path.includes('/node_modules/') || programs.includes(path)) return undefined
        const place = JSON.stringify(pathToFileURL(path).href)
        const contents = readFileSync(path, 'utf8').replaceAll('import.meta.url', place)
        return { contents, loader: 'ts' }
      })
    },
  }
}

/** Returns the folder. It appears whole or not at all, whoever else builds at the same time. */
function keep(files: readonly OutputFile[]): string {
  const hash = createHash('sha256')
  for (const { path, contents } of files) hash.update(basename(path)).update(contents)
  const folder = join(cacheFolder, hash.digest('hex').slice(0, 16))
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  for (const { path, contents } of files) {
    writeFileSync(join(unfinished, basename(path)), contents)
  }
  try {
    renameSync(unfinished, folder)
  } catch {
    // Somebody was faster: the content is the same.
    rmSync(unfinished, { recursive: true, force: true })
  }
  return folder
}
