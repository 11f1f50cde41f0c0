// Waiting for a condition, bounded in time.

import { messageOf, systemClock } from '@fleet/runtime'

const lookEveryMs = 100

/** Seconds it took. @throws Error naming what did not come, and the last failure of looking. */
export async function until(
  what: string,
  deadlineMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<number> {
  const started = systemClock.elapsedMs()
  let last = ''
  for (;;) {
    try {
      if (await condition()) return (systemClock.elapsedMs() - started) / 1000
      last = ''
    } catch (error) {
      last = ` (${messageOf(error)})`
    }
    if (systemClock.elapsedMs() - started > deadlineMs) {
      throw new Error(`not within ${Math.round(deadlineMs / 1000)} s: ${what}${last}`)
    }
    await systemClock.sleep(lookEveryMs)
  }
}
