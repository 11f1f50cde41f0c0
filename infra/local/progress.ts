// Plain lines a person can follow, on a terminal and in a file alike: what is done, how long it took.

import { systemClock } from '@fleet/runtime'

export interface Progress {
  line(text: string): void
  /** Runs a step: one line when it begins, one when it ends. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>
  elapsedSeconds(): number
}

export function startProgress(write: (text: string) => void): Progress {
  const startedMs = systemClock.elapsedMs()
  const elapsedSeconds = (): number => Math.round((systemClock.elapsedMs() - startedMs) / 100) / 10
  const line = (text: string): void => {
    write(`${`${elapsedSeconds().toFixed(1)}s`.padStart(7)}  ${text}\n`)
  }
  return {
    line,
    elapsedSeconds,
    step: async (title, work) => {
      line(`${title} …`)
      return work()
    },
  }
}
