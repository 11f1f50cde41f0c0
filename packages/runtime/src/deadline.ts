import type { Clock } from './clock.ts'
import { FleetError } from './error.ts'

/**
 * The promise's result, or a transient `DEADLINE` error after `ms`. The promise goes on unseen:
 * whoever calls this must be able to live with its late result.
 */
export function withDeadline<T>(
  clock: Clock,
  ms: number,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  // One promise and no race: this stands around every delivery.
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      reject(new FleetError('DEADLINE', 'transient', `${what} took longer than ${ms} ms`))
    })
    promise.then(
      value => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
