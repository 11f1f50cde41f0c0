// A decoded value for a person: bytes that are text as text, long ones cut, times as RFC 3339. Programs
// take --json, where all stay as they are.

import { formatMicros } from '@fleet/contracts'

/** Names of the times in our schemas; test/tail/readable.test.ts compares them with every schema. */
const timeName = /(?:^at|_at|_time|timestamp|^window_start|^window_end)$/

export function readableOf(value: unknown, name = ''): unknown {
  if (typeof value === 'number' && timeName.test(name)) return formatMicros(value)
  if (value instanceof Uint8Array) return bytesText(value)
  if (Array.isArray(value)) return value.map(part => readableOf(part))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, readableOf(part, key)]),
  )
}

const printable = /^(?:[^\p{Cc}\uFFFD]|[\t\r\n])*$/u

/** A whole fleet in one body, or framed Avro, would bury the fields a person looks for. */
const textCharactersMax = 2000
const base64CharactersMax = 64

/** Base64 of what is not text; both cut where they would fill the screen. */
function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes)
  const text = buffer.toString('utf8')
  const isText = printable.test(text)
  const shown = isText ? text : buffer.toString('base64')
  const max = isText ? textCharactersMax : base64CharactersMax
  if (shown.length <= max) return shown
  return `${shown.slice(0, max)}… (${buffer.length} bytes, all of them with --json)`
}
