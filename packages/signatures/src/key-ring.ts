// The provenance keys of an installation: which one signs now, which ones still verify. Key material never
// leaves this object, neither in a message nor when it is printed.

import { FleetError } from '@fleet/runtime'
import { equalBytes } from './digest.ts'
import { MacKey } from './mac-key.ts'
import { provenanceMac } from './provenance.ts'

/** Shorter keys are refused: they could be guessed off line from a single record. */
const keyBytesMin = 16

interface ProvenanceKey {
  readonly id: string
  readonly macKey: MacKey
  /** Inclusive. */
  readonly signFromMs: number
  /** Exclusive. */
  readonly signUntilMs: number
  /** Exclusive. A key verifies from the moment it is in the file, so that it can be spread first. */
  readonly verifyUntilMs: number
}

export type ProvenanceVerdict =
  'ok' | 'PROVENANCE_MISSING' | 'PROVENANCE_KEY_UNKNOWN' | 'PROVENANCE_INVALID'

export class ProvenanceKeyRing {
  /** Newest signing key first. */
  readonly #keys: readonly ProvenanceKey[]

  private constructor(keys: readonly ProvenanceKey[]) {
    this.#keys = keys.toSorted((left, right) => right.signFromMs - left.signFromMs)
  }

  /**
   * Reads `{"keys":[{"id","key_base64","sign_from","sign_until","verify_until"}]}`; the times are
   * RFC 3339, null or absent for no bound. Throws one fatal error with every problem.
   */
  static parse(jsonText: string): ProvenanceKeyRing {
    const problems: string[] = []
    const keys = entriesOf(jsonText, problems).map((entry, index) =>
      readKey(entry, `keys[${index}]`, problems),
    )
    const ids = keys.map(key => key.id)
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) !== index) problems.push(`keys[${index}].id: used by an earlier key`)
    }
    if (problems.length > 0) {
      const message = `provenance keys: ${problems.join('; ')}`
      throw new FleetError('PROVENANCE_KEYS_INVALID', 'fatal', message)
    }
    return new ProvenanceKeyRing(keys)
  }

  /** Transient when no key may sign now: the next reading of the file may bring one. */
  sign(
    nowMs: number,
    recordKey: Uint8Array | string,
    framedValue: Uint8Array,
  ): { mac: Buffer; keyId: string } {
    const key = this.#keys.find(({ signFromMs, signUntilMs }) => {
      return signFromMs <= nowMs && nowMs < signUntilMs
    })
    if (key === undefined) {
      const message = 'no provenance key may sign at this time'
      throw new FleetError('PROVENANCE_NO_SIGNING_KEY', 'transient', message)
    }
    return { mac: provenanceMac(key.macKey, recordKey, framedValue), keyId: key.id }
  }

  /** `atMs` is the record's append time, so that the verdict is the same whenever it is asked for. */
  verify(
    keyId: string | undefined,
    mac: Uint8Array | undefined,
    recordKey: Uint8Array | string,
    framedValue: Uint8Array,
    atMs: number,
  ): ProvenanceVerdict {
    if (keyId === undefined || mac === undefined) return 'PROVENANCE_MISSING'
    const key = this.#keys.find(({ id, verifyUntilMs }) => id === keyId && atMs < verifyUntilMs)
    if (key === undefined) return 'PROVENANCE_KEY_UNKNOWN'
    const expected = provenanceMac(key.macKey, recordKey, framedValue)
    return equalBytes(expected, mac) ? 'ok' : 'PROVENANCE_INVALID'
  }
}

function entriesOf(jsonText: string, problems: string[]): unknown[] {
  let file: unknown
  try {
    file = JSON.parse(jsonText)
  } catch {
    // The parser's own message quotes the text around the fault, and that text holds keys.
    problems.push('not valid JSON')
    return []
  }
  const keys = isObject(file) ? file['keys'] : undefined
  if (Array.isArray(keys) && keys.length > 0) return keys
  problems.push('keys: must be a list with at least one key')
  return []
}

function readKey(entry: unknown, where: string, problems: string[]): ProvenanceKey {
  const fields = isObject(entry) ? entry : {}
  const { id, key_base64: text } = fields
  if (typeof id !== 'string' || id === '') problems.push(`${where}.id: must be a text`)
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  const isCanonical = typeof text === 'string' && bytes.toString('base64') === text
  if (!isCanonical || bytes.length < keyBytesMin) {
    problems.push(`${where}.key_base64: must be base64 of at least ${keyBytesMin} bytes`)
  }
  return {
    id: typeof id === 'string' ? id : '',
    macKey: new MacKey(bytes),
    signFromMs: readTime(fields, 'sign_from', -Infinity, where, problems),
    signUntilMs: readTime(fields, 'sign_until', Infinity, where, problems),
    verifyUntilMs: readTime(fields, 'verify_until', Infinity, where, problems),
  }
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

function readTime(
  fields: Record<string, unknown>,
  name: string,
  unbounded: number,
  where: string,
  problems: string[],
): number {
  const value = fields[name] ?? null
  if (value === null) return unbounded
  const ms = typeof value === 'string' && rfc3339.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) problems.push(`${where}.${name}: must be an RFC 3339 time or null`)
  return ms
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
