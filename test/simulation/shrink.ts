// Makes a failing plan smaller by leaving out faults and records as long as the same rule still breaks.
// Bounded in runs: a smaller plan is a help to the reader, not a proof.

import { restrict } from './plan/plan.ts'
import type { Plan } from './plan/plan.ts'
import { simulate } from './simulate.ts'

const runsMax = 150

export async function shrink(plan: Plan, rule: string): Promise<Plan> {
  let smallest = plan
  let runs = 0
  const stillFails = async (candidate: Plan): Promise<boolean> => {
    runs++
    const { violations } = await simulate(candidate)
    return violations.some(violation => violation.rule === rule)
  }
  for (const part of ['faults', 'records', 'faults'] as const) {
    for (let size = Math.ceil(smallest[part].length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < smallest[part].length && runs < runsMax;) {
        const candidate = without(smallest, part, from, size)
        if (await stillFails(candidate)) smallest = candidate
        else from += size
      }
    }
  }
  return smallest
}

function without(plan: Plan, part: 'faults' | 'records', from: number, size: number): Plan {
  const numbers = (list: readonly { number: number }[]): number[] =>
    list.map(({ number }) => number)
  const keep = { faults: numbers(plan.faults), records: numbers(plan.records) }
  keep[part].splice(from, size)
  return restrict(plan, { faults: new Set(keep.faults), records: new Set(keep.records) })
}

/** What of a plan is kept, as short text: `0-3,7`; `none` for nothing. */
export function rangesOf(list: readonly { number: number }[]): string {
  const ranges: [number, number][] = []
  for (const { number } of list) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else ranges.push([number, number])
  }
  const texts = ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`))
  return texts.length === 0 ? 'none' : texts.join(',')
}

export function numbersIn(text: string): Set<number> {
  const numbers = new Set<number>()
  if (text === 'none') return numbers
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) {
    throw new Error(`${text} is no list of numbers: it looks like 0-3,7, or is none`)
  }
  for (const range of text.split(',')) {
    const [from = Number.NaN, to = from] = range.split('-').map(Number)
    for (let number = from; number <= to; number++) numbers.add(number)
  }
  return numbers
}
