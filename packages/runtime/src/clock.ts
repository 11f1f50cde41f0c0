// The only place that reads the clock. Wall time and elapsed time are different methods on purpose:
// wall time may jump, elapsed time never goes back.

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  wallMs(): number
  /** Milliseconds since some fixed point; only differences mean anything. */
  elapsedMs(): number
  /** Resolves after `ms`; at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void
}

/** The sleep of a clock whose `after` this is; every clock has it from here. */
export function sleepBy(after: Clock['after']): Clock['sleep'] {
  return (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted === true) return resolve()
      const done = (): void => {
        cancel()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const cancel = after(ms, done)
      signal?.addEventListener('abort', done, { once: true })
    })
}

const systemAfter: Clock['after'] = (ms, callback) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep: sleepBy(systemAfter),
  after: systemAfter,
}
