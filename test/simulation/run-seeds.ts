// Runs seeds one after the other and adds up what they did; stops at the first that breaks a rule.

import type { Violation } from './judges/history.ts'
import { makePlan } from './plan/make-plan.ts'
import { simulate } from './simulate.ts'

/** What a seed must bring to count. */
export const recordsAtLeast = 200
export const faultsAtLeast = 5

export interface Tally {
  runs: number
  records: number
  faults: number
  /** Records and faults that struck, in the run with the fewest. */
  recordsMin: number
  faultsMin: number
  /** Faults that struck, by kind. */
  struck: Record<string, number>
}

export interface Failure {
  readonly seed: number
  readonly violations: readonly Violation[]
}

export interface SeedRange {
  readonly from: number
  readonly count: number
  readonly step: number
}

export function noTally(): Tally {
  const none = { runs: 0, records: 0, faults: 0, struck: {} }
  return { ...none, recordsMin: Infinity, faultsMin: Infinity }
}

export function addTally(to: Tally, tally: Tally): void {
  to.runs += tally.runs
  to.records += tally.records
  to.faults += tally.faults
  to.recordsMin = Math.min(to.recordsMin, tally.recordsMin)
  to.faultsMin = Math.min(to.faultsMin, tally.faultsMin)
  for (const [kind, count] of Object.entries(tally.struck)) {
    to.struck[kind] = (to.struck[kind] ?? 0) + count
  }
}

export async function runSeeds(
  { from, count, step }: SeedRange,
  onRun: (tally: Tally) => void = () => {},
): Promise<{ tally: Tally; failure: Failure | null }> {
  const tally = noTally()
  for (let turn = 0; turn < count; turn++) {
    const seed = from + turn * step
    const plan = makePlan(seed)
    const { violations, struck } = await simulate(plan)
    const faults = [...struck.values()].reduce((sum, each) => sum + each, 0)
    const records = plan.records.length
    addTally(tally, {
      runs: 1,
      records,
      faults,
      recordsMin: records,
      faultsMin: faults,
      struck: Object.fromEntries(struck),
    })
    onRun(tally)
    if (violations.length > 0) return { tally, failure: { seed, violations } }
  }
  return { tally, failure: null }
}
