// Canonical JSON text by RFC 8785: the same value gives the same text, whatever the sender's spacing
// and key order. Fingerprints and attribute values depend on it, so it must never change.

import { membersInOrder } from './member-order.ts'

/**
 * `value` is something a JSON parser returned. Keys are sorted by UTF-16 code units and numbers
 * written as ECMAScript writes them. Where RFC 8785 asks for an error nothing is thrown: a lone
 * surrogate keeps its escape, a number beyond the range of a double becomes null.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return jsonString(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (value === null) return 'null'
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  return Array.isArray(value) ? arrayText(value) : objectText(value as Record<string, unknown>)
}

function arrayText(items: readonly unknown[]): string {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += canonicalJson(items[i])
  }
  return `${text}]`
}

function objectText(members: Record<string, unknown>): string {
  let text = ''
  for (const { name, label } of membersInOrder(Object.keys(members))) {
    const member = members[name]
    if (member === undefined) continue
    text += (text === '' ? '{' : ',') + label + canonicalJson(member)
  }
  return text === '' ? '{}' : `${text}}`
}

/** Up to this length looking at each character is faster than the general routine. */
const shortCharactersMax = 48

/** As JSON.stringify, which most strings need only for the quotes. */
export function jsonString(text: string): string {
  if (text.length > shortCharactersMax) return JSON.stringify(text)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const isPlain = code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c
    if (!isPlain) return JSON.stringify(text)
  }
  return `"${text}"`
}
