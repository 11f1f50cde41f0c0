// Spreads seeds over processes, since a simulation is one thread; each process takes every n-th seed, so
// that it does not matter how many there are.

import { fork } from 'node:child_process'

import { addTally, noTally } from './run-seeds.ts'
import type { Failure, Tally } from './run-seeds.ts'

/** From a worker: progress, then the end. */
export interface Report {
  readonly tally: Tally
  readonly failure: Failure | null
  readonly isDone: boolean
}

/** A seed makes a great many objects and keeps none: collecting them seldom is a fifth less work. */
const youngObjects = '--max-semi-space-size=32'

const worker = new URL('./worker.ts', import.meta.url)

export async function runInProcesses(
  { from, count, jobs }: { from: number; count: number; jobs: number },
  say: (line: string) => void,
): Promise<{ tally: Tally; failure: Failure | null }> {
  const latest = new Map<number, Report>()
  let shown = 0
  const sum = (): Tally => {
    const total = noTally()
    for (const { tally } of latest.values()) addTally(total, tally)
    return total
  }
  const onReport = (number: number, report: Report): void => {
    latest.set(number, report)
    const { runs } = sum()
    if (runs - shown < 200) return
    shown = runs
    say(`${runs} of ${count} seeds`)
  }
  const children = Array.from({ length: jobs }, (_, number) => {
    const mine = Math.ceil((count - number) / jobs)
    const child = fork(worker, [String(from + number), String(mine), String(jobs)], {
      execArgv: [...process.execArgv, youngObjects],
      // The least of no numbers is infinite, which JSON does not know.
      serialization: 'advanced',
    })
    return { child, number }
  })
  await Promise.all(
    children.map(
      ({ child, number }) =>
        new Promise<void>((resolve, reject) => {
          child.on('message', message => {
            const report = message as Report
            onReport(number, report)
            // The others need not go on.
            if (report.failure !== null) for (const each of children) each.child.kill()
          })
          child.on('error', reject)
          child.on('exit', code => {
            const isExplained = [...latest.values()].some(({ failure }) => failure !== null)
            if (code === 0 || isExplained) resolve()
            else reject(new Error(`a simulation process ended with ${code}`))
          })
        }),
    ),
  )
  const failure = [...latest.values()].find(each => each.failure !== null)?.failure ?? null
  return { tally: sum(), failure }
}
