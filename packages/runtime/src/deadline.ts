import type { Clock } from './clock.ts'
import { FleetError } from './error.ts'

/**
 * The promise's result, or a transient `DEADLINE` error after `ms`. The promise goes on unseen:
 * whoever calls this must be able to live with its late result.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  let cancel = (): void => {}
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => {
      reject(new FleetError('DEADLINE', 'transient', `${what} took longer than ${ms} ms`))
    })
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
