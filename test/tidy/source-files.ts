// The repository's own source files, for the tests that read them.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Paths below the root, tracked or new, not ignored. */
export function repositoryFiles(pattern: RegExp): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
  return [...new Set(list.split('\n'))].filter(path => pattern.test(path) && exists(path))
}

function exists(path: string): boolean {
  try {
    readFileSync(join(root, path))
    return true
  } catch {
    return false
  }
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Module specifiers a source file imports or re-exports. */
export function importsOf(source: string): string[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]/g
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
  return [...source.matchAll(pattern), ...source.matchAll(dynamic)].map(match => match[1] ?? '')
}
