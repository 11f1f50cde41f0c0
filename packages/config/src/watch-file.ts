// Tells when the content of a small file changes, by looking at it: notifications of the file system
// miss files that are replaced or mounted. Never gives up; what could not be read leaves the last
// content in force.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Clock } from '@fleet/runtime'

export interface WatchFileOptions {
  readonly clock: Pick<Clock, 'after'>
  /** From one look to the next. */
  readonly everyMs: number
  /** The file could not be read, or the callback threw; told once for the same message. */
  readonly onError?: (error: unknown) => void
}

/**
 * Calls back with the content before it returns, then after every change. When the first look fails
 * only `onError` is told. The returned function ends the watch.
 */
export function watchFile(
  path: string,
  onText: (text: string) => void,
  { clock, everyMs, onError = () => {} }: WatchFileOptions,
): () => void {
  let last: string | null = null
  let lastProblem = ''
  let stopped = false
  let cancel = (): void => {}

  const tell = (error: unknown): void => {
    const problem = String(error)
    if (problem !== lastProblem) onError(error)
    lastProblem = problem
  }
  const see = (text: string): void => {
    if (text === last) return
    last = text
    lastProblem = ''
    onText(text)
  }
  const look = async (): Promise<void> => {
    try {
      const text = await readFile(path, 'utf8')
      if (!stopped) see(text)
    } catch (error) {
      if (!stopped) tell(error)
    }
    schedule()
  }
  const schedule = (): void => {
    if (!stopped) cancel = clock.after(everyMs, () => void look())
  }

  try {
    see(readFileSync(path, 'utf8'))
  } catch (error) {
    tell(error)
  }
  schedule()
  return () => {
    stopped = true
    cancel()
  }
}
