// Changes a file from what it holds to what it is to hold, one command at a time: without a lock, the
// second of two commands would write back what the first one had read.

import { open, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '@fleet/runtime'
import { replaceFile } from './replace-file.ts'

const retryMs = 20
/** Reading and writing a file takes a moment; an older lock is of a command that was killed. */
const staleMs = 5000

/** @param changed the new content, from what the file holds when it is called. */
export async function changeFile(
  path: string,
  clock: Clock,
  changed: () => Promise<string>,
): Promise<void> {
  const target = await realpath(path)
  const lock = join(dirname(target), `.${basename(target)}.lock`)
  while (!(await isTaken(lock))) {
    if (await isStale(lock, clock)) await rm(lock, { force: true })
    else await clock.sleep(retryMs)
  }
  try {
    await replaceFile(target, await changed())
  } finally {
    await rm(lock, { force: true })
  }
}

async function isTaken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isStale(lock: string, clock: Clock): Promise<boolean> {
  try {
    return clock.wallMs() - (await stat(lock)).mtimeMs > staleMs
  } catch {
    // Its owner is done.
    return false
  }
}
