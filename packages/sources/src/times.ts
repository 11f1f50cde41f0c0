// Times as sources write them, to microseconds since 1970. Never guesses a zone and never rounds:
// the same text must give the same number for ever, because ordering compares it.

import { microsPerMilli, microsPerSecond } from '@fleet/contracts'

/** Epoch numbers from here on are milliseconds, below they are seconds (year 5138 either way). */
const epochMillisMin = 1e11

/** 2000-01-01T00:00:00Z: an event before it is a broken clock. */
export const eventTimeMicrosMin = 946_684_800 * microsPerSecond

/** The last microsecond of the year 2100: an event after it is a broken clock. */
export const eventTimeMicrosMax = 4_133_980_800 * microsPerSecond - 1

// RFC 3339 §5.6 date-time; the zone is required, `t` and `z` may be lower case.
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const usual = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const epochText = /^-?\d{1,17}$/

/**
 * RFC 3339 with a zone, or epoch seconds or milliseconds as an integer or its text.
 * Digits beyond a microsecond are cut off; second 60 counts as 59.999999.
 * Null: not a time, or not exact as a safe integer of microseconds (before 1685 or after 2255).
 */
export function parseTime(value: unknown): number | null {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string') return null
  if (epochText.test(value)) return fromEpoch(Number(value))
  return fromRfc3339(value)
}

/** Whether an event may have happened then; outside 2000–2100 the time is refused (BAD_TIME). */
export function isEventTime(micros: number): boolean {
  return micros >= eventTimeMicrosMin && micros <= eventTimeMicrosMax
}

function fromEpoch(value: number): number | null {
  if (!Number.isSafeInteger(value)) return null
  const perUnit = Math.abs(value) >= epochMillisMin ? microsPerMilli : microsPerSecond
  return safe(value * perUnit)
}

function fromRfc3339(text: string): number | null {
  // What nearly every sender writes, `2026-11-21T08:30:00.123Z`, needs no search.
  if (text.length === 24 && usual.test(text)) {
    return microsOf(text, digits(text, 20, 23) * microsPerMilli, 0)
  }
  const match = rfc3339.exec(text)
  if (match === null) return null
  const zoneHour = Number(match[3] ?? '0')
  const zoneMinute = Number(match[4] ?? '0')
  if (zoneHour > 23 || zoneMinute > 59) return null
  const offsetMinutes = (match[2] === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute)
  return microsOf(text, fractionMicros(match[1]), offsetMinutes)
}

/** Date and time of day stand at fixed places. */
function microsOf(text: string, fraction: number, offsetMinutes: number): number | null {
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)]
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 60) return null
  const minutes = (daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes
  const micros = second === 60 ? 60 * microsPerSecond - 1 : second * microsPerSecond + fraction
  return safe(minutes * 60 * microsPerSecond + micros)
}

/** Digits beyond the sixth are cut off. */
function fractionMicros(decimals = ''): number {
  return Number(decimals.slice(0, 6).padEnd(6, '0'))
}

/** The number that the digits from `start` to before `end` make. */
function digits(text: string, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}

function safe(micros: number): number | null {
  return Number.isSafeInteger(micros) ? micros + 0 : null
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/**
 * Days from 1970-01-01 in the Gregorian calendar, for every year from 0 on (Date.UTC reads the years 0
 * to 99 as 1900 to 1999). A year is counted from March, so that the leap day is its last.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const century = Math.floor(marchYear / 100)
  const leapDays = Math.floor(marchYear / 4) - century + Math.floor(century / 4)
  const daysBeforeMonth = Math.floor((153 * ((month + 9) % 12) + 2) / 5)
  return marchYear * 365 + leapDays + daysBeforeMonth + day - 719_469
}
