// What is usual in an hour of the week. One mean per hour of the week (UTC), moved a little by each new
// week; read together with the hours beside it, because four or five weeks say little about one hour.

import { microsPerHour } from '@fleet/contracts'

/** Hours of one day of the week; the key says which. Seven of them make a week. */
export interface DayFact {
  kind: 'usual_day'
  tenantId: string
  means: number[]
  /** How many weeks each mean is made of. */
  weeks: number[]
}

/** A mean follows as if it were over this many weeks. */
const memoryWeeks = 6
const hoursPerDay = 24
export const hoursPerWeek = 7 * hoursPerDay

/** Whole hours since 1970. */
export function hourOf(micros: number): number {
  return Math.floor(micros / microsPerHour)
}

/** 0 is Thursday, as 1970 began. */
export function dayOfWeek(hour: number): number {
  return Math.floor((hour % hoursPerWeek) / hoursPerDay)
}

export const daysOfWeek: readonly number[] = [0, 1, 2, 3, 4, 5, 6]

export type ReadDay = (day: number) => DayFact | undefined

/** The day with one more week of this hour in it. */
export function learnHour(
  tenantId: string,
  day: DayFact | undefined,
  hour: number,
  value: number,
): DayFact {
  const means = day?.means.slice() ?? Array<number>(hoursPerDay).fill(0)
  const weeks = day?.weeks.slice() ?? Array<number>(hoursPerDay).fill(0)
  const slot = hour % hoursPerDay
  const known = Math.min((weeks[slot] ?? 0) + 1, memoryWeeks)
  const mean = means[slot] ?? 0
  means[slot] = Math.round((mean + (value - mean) / known) * 1000) / 1000
  weeks[slot] = known
  return { kind: 'usual_day', tenantId, means, weeks }
}

/** Usual amount of an hour, half of it by its neighbours; null while too few weeks are known. */
export function usualOf(read: ReadDay, hour: number, weeksMin: number): number | null {
  const own = meanOf(read, hour, weeksMin)
  if (own === null) return null
  const before = meanOf(read, hour - 1, weeksMin) ?? own
  const after = meanOf(read, hour + 1, weeksMin) ?? own
  return (before + 2 * own + after) / 4
}

/** Usual amount between two times; null when some hour of it is not known yet. */
export function usualBetween(
  read: ReadDay,
  fromMicros: number,
  toMicros: number,
  weeksMin: number,
): number | null {
  let sum = 0
  for (let hour = hourOf(fromMicros); hour * microsPerHour < toMicros; hour++) {
    const usual = usualOf(read, hour, weeksMin)
    if (usual === null) return null
    const from = Math.max(fromMicros, hour * microsPerHour)
    const to = Math.min(toMicros, (hour + 1) * microsPerHour)
    sum += (usual * (to - from)) / microsPerHour
  }
  return sum
}

function meanOf(read: ReadDay, hour: number, weeksMin: number): number | null {
  const day = read(dayOfWeek(hour))
  const slot = hour % hoursPerDay
  if (day === undefined || (day.weeks[slot] ?? 0) < weeksMin) return null
  return day.means[slot] ?? null
}
