// CPU time and bytes of this process.

interface Timed<Result> {
  readonly seconds: number
  readonly result: Result
}

/** Of all its threads, the collector's included. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The best of some runs: others share the machine. */
export async function bestOf<Result>(
  runs: number,
  work: () => Promise<Result>,
): Promise<Timed<Result>> {
  let best: Timed<Result> | null = null
  for (let run = 0; run < runs; run++) {
    const started = cpuSeconds()
    const result = await work()
    const seconds = cpuSeconds() - started
    if (best === null || seconds < best.seconds) best = { seconds, result }
  }
  if (best === null) throw new Error('nothing was run')
  return best
}

export function memoryBytes(): number {
  // Twice: what the first finds dead outside the heap is given back by the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Four digits of every number in it. */
export function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(4))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)]))
}
