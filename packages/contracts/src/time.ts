// Times on the wire are microseconds since 1970, UTC, as integers; they are safe integers until 2255.

export const microsPerMilli = 1000
export const microsPerSecond = 1_000_000
export const microsPerHour = 3600 * microsPerSecond
export const microsPerDay = 24 * microsPerHour

/** RFC 3339 in UTC with six digits, `2026-11-21T08:30:00.123456Z`. */
export function formatMicros(micros: number): string {
  const millis = Math.floor(micros / microsPerMilli)
  const rest = micros - millis * microsPerMilli
  return `${new Date(millis).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** `YYYY-MM` in UTC. */
export function monthOfMicros(micros: number): string {
  return formatMicros(micros).slice(0, 7)
}
