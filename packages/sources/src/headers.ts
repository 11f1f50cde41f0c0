// Request headers as the adapters see them, and the allow-list of what is kept with a raw record.

import type { Endpoint } from './endpoint.ts'

/** Names in lower case; a header sent more than once is an array. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export type HeaderReading =
  | { kind: 'one'; value: string }
  | { kind: 'missing' }
  /** Which of several the sender meant is a guess an attacker would make for us. */
  | { kind: 'repeated' }

/** Of HTTP, not of Unicode: in Latin-1 text a no-break space is the last byte of many letters. */
const blanks = /^[ \t]+|[ \t]+$/g

/** Reads a header that must stand alone; an empty one counts as missing. */
export function readHeader(headers: RequestHeaders, name: string): HeaderReading {
  const found = Object.hasOwn(headers, name) ? headers[name] : undefined
  if (typeof found !== 'string' && found !== undefined && found.length > 1) {
    return { kind: 'repeated' }
  }
  const value = ((typeof found === 'string' ? found : found?.[0]) ?? '').replace(blanks, '')
  return value === '' ? { kind: 'missing' } : { kind: 'one', value }
}

export const alwaysKept = [
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'x-request-id',
  'traceparent',
] as const

const keptNames = new WeakMap<Endpoint, readonly string[]>()

/** Names of the headers a raw record keeps; everything else may hold credentials and is dropped. */
export function keptHeaderNames(endpoint: Endpoint): readonly string[] {
  let names = keptNames.get(endpoint)
  if (names === undefined) keptNames.set(endpoint, (names = namesKeptOf(endpoint)))
  return names
}

function namesKeptOf(endpoint: Endpoint): readonly string[] {
  // The header of an API key is the key itself.
  if (endpoint.auth === 'api-key') return alwaysKept
  const { header, timestampHeader, idHeader } = endpoint.signature
  const names = new Set<string>([...alwaysKept, header, idHeader])
  if (timestampHeader !== null) names.add(timestampHeader)
  return [...names]
}

/** The kept headers of a request; values of a repeated one are joined by a comma and a space. */
export function keptHeaders(endpoint: Endpoint, headers: RequestHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of keptHeaderNames(endpoint)) {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (value !== undefined) kept[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return kept
}
