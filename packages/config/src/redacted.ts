// Settings fit for a log line: nothing in it opens a door.

const secretName = /secret|password|token|key_?base64|credential/i
const censored = '[redacted]'

/** A copy with the passwords of addresses and every value under a telling name replaced. */
export function redacted(settings: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => [
      name,
      secretName.test(name) ? censored : redactedValue(value),
    ]),
  )
}

function redactedValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutCredentials(value)
  if (Array.isArray(value)) return value.map(redactedValue)
  if (typeof value === 'object' && value !== null) return redacted(value)
  return value
}

function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/i, `$1${censored}@`)
}
