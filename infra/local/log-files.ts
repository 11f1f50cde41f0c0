// Log files of everything that runs here: one per process, and the one of the run before. All are
// opened for appending, so a file that grew too large can be cut while its writer goes on.

import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

import type { Folders } from './settings.ts'

const sizeBytesMax = 20 * 1024 * 1024

export function logFileOf(folders: Folders, name: string): string {
  return join(folders.logs, `${name}.log`)
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

/** Before a start: the last run's log becomes `<name>.log.1`, so that a crash can still be read. */
export function keepPreviousLog(folders: Folders, name: string): void {
  mkdirSync(folders.logs, { recursive: true })
  const path = logFileOf(folders, name)
  if (sizeOf(path) > 0) renameSync(path, `${path}.1`)
}

/** Cuts a log that grew too large. Lines written between copy and cut are lost; logs are not records. */
export function cutLargeLog(folders: Folders, name: string): void {
  const path = logFileOf(folders, name)
  if (sizeOf(path) <= sizeBytesMax) return
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}

export function lastLines(path: string, count: number): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count)
  } catch {
    return []
  }
}
