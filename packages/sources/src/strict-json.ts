// Reads a body as JSON the one way both the edge and the processor must read it: strict UTF-8, bounded
// depth, the last of duplicate keys. Must never throw, whatever the bytes are.

import type { Platform } from './platform.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** Bounds every recursive walk over a body; deeper documents are not JSON to us. */
export const jsonDepthMax = 64

export function parseStrictJson(
  bytes: Uint8Array,
  platform: Pick<Platform, 'decodeUtf8'>,
): { ok: true; value: Json } | { ok: false } {
  const text = platform.decodeUtf8(bytes)
  if (text === null) return { ok: false }
  try {
    const value = JSON.parse(text) as Json
    const fits = hasFewOpenings(text, jsonDepthMax) || isWithinDepth(value, jsonDepthMax)
    return fits ? { ok: true, value } : { ok: false }
  } catch {
    return { ok: false }
  }
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property of that name; undefined for anything that is not an object or has none. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The elements of an array; none for anything else. */
export function elements(value: Json | undefined): readonly Json[] {
  return isJsonArray(value) ? value : []
}

/** Array.isArray does not narrow readonly arrays. */
function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** True: with this few brackets, in strings or not, no value of the text can be deeper. */
function hasFewOpenings(text: string, most: number): boolean {
  let count = 0
  for (const bracket of openingBrackets) {
    let at = text.indexOf(bracket)
    while (at >= 0 && count <= most) {
      count++
      at = text.indexOf(bracket, at + 1)
    }
  }
  return count <= most
}

const openingBrackets = ['{', '['] as const

function isWithinDepth(value: Json, levelsLeft: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levelsLeft === 0) return false
  if (isJsonArray(value)) {
    for (const element of value) {
      if (!isWithinDepth(element, levelsLeft - 1)) return false
    }
    return true
  }
  for (const name in value) {
    if (!isWithinDepth(value[name] ?? null, levelsLeft - 1)) return false
  }
  return true
}
