// Times on the wire are microseconds since 1970, UTC, as integers; they are safe integers until 2255.

export const microsPerMilli = 1000
export const microsPerSecond = 1_000_000
export const microsPerHour = 3600 * microsPerSecond
const secondsPerDay = 86_400
export const microsPerDay = 24 * microsPerHour

let kept = 0
let keptText = '0'
let keptSecond = NaN
let keptSecondText = ''

/**
 * The number as text, which engines are slow to make of one so large. The times of one event are the
 * same again and again, and those of the next are near.
 */
export function microsText(micros: number): string {
  if (micros === kept) return keptText
  kept = micros
  keptText =
    micros >= microsPerSecond && Number.isSafeInteger(micros) ? inParts(micros) : String(micros)
  return keptText
}

function inParts(micros: number): string {
  const second = Math.floor(micros / microsPerSecond)
  if (second !== keptSecond) {
    keptSecond = second
    keptSecondText = String(second)
  }
  const rest = micros - second * microsPerSecond
  const millis = Math.floor(rest / microsPerMilli)
  return keptSecondText + threeDigits(millis) + threeDigits(rest - millis * microsPerMilli)
}

/** RFC 3339 in UTC with six digits, `2026-11-21T08:30:00.123456Z`. */
export function formatMicros(micros: number): string {
  const millis = Math.floor(micros / microsPerMilli)
  const rest = micros - millis * microsPerMilli
  const second = Math.floor(millis / 1000)
  return `${formatSecond(second)}.${threeDigits(millis - second * 1000)}${threeDigits(rest)}Z`
}

/** The seconds of a day, and its date, come again and again. */
let day = NaN
let dayText = ''
let last = NaN
let lastText = ''

/** `2026-11-21T08:30:00` */
function formatSecond(second: number): string {
  if (second === last) return lastText
  last = second
  lastText = inFields(second)
  return lastText
}

function inFields(second: number): string {
  const itsDay = Math.floor(second / secondsPerDay)
  if (itsDay !== day) {
    dayText = new Date(itsDay * secondsPerDay * 1000)
      .toISOString()
      .slice(0, -'00:00:00.000Z'.length)
    day = itsDay
  }
  const ofDay = second - itsDay * secondsPerDay
  const minute = Math.floor(ofDay / 60)
  const hour = Math.floor(minute / 60)
  return `${dayText}${twoDigits(hour)}:${twoDigits(minute % 60)}:${twoDigits(ofDay % 60)}`
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

function threeDigits(value: number): string {
  return value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`
}

/** `YYYY-MM` in UTC. */
export function monthOfMicros(micros: number): string {
  return formatMicros(micros).slice(0, 7)
}
