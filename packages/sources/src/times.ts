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
const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/
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
  const match = rfc3339.exec(text)
  if (match === null) return null
  const part = (index: number): number => Number(match[index] ?? '0')
  const [year, month, day] = [part(1), part(2), part(3)]
  const [hour, minute, second] = [part(4), part(5), part(6)]
  const [zoneHour, zoneMinute] = [part(9), part(10)]
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 60 || zoneHour > 23 || zoneMinute > 59) return null

  const offsetMinutes = (match[8] === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute)
  const minutes = (daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes
  const micros =
    second === 60
      ? 60 * microsPerSecond - 1
      : second * microsPerSecond + Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'))
  return safe(minutes * 60 * microsPerSecond + micros)
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

// Not Date.UTC: it reads the years 0 to 99 as 1900 to 1999.
function daysSinceEpoch(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / 86_400_000
}
