// The arguments of `fleet send` as values; what is wrong with one is said in terms of the argument.

import { UsageError } from '../exit-code.ts'
import type { Headers } from './post-delivery.ts'

export function parseCount(option: string, text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value
  throw new UsageError(`${option} must be a whole number of at least 1`)
}

/** `type/id`, or an id alone; the id may contain further slashes. */
export function parseResource(text: string): { resourceType: string | null; resourceId: string } {
  const slash = text.indexOf('/')
  if (slash <= 0) return { resourceType: null, resourceId: text }
  return { resourceType: text.slice(0, slash), resourceId: text.slice(slash + 1) }
}

export function parseData(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UsageError('--data must be JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new UsageError('--data must be a JSON object')
}

/** Each `name:value` replaces what was there; a name given twice becomes two headers. */
export function addHeaders(headers: Headers, added: readonly string[]): Headers {
  const given = new Map<string, string[]>()
  for (const text of added) {
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
      throw new UsageError('--header must be name:value')
    }
    given.set(name, [...(given.get(name) ?? []), text.slice(colon + 1).trim()])
  }
  const all: Headers = { ...headers }
  for (const [name, values] of given) {
    const [only] = values
    all[name] = values.length === 1 && only !== undefined ? only : values
  }
  return all
}
