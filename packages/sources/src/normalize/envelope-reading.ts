// Bodies whose fields are found by the endpoint's paths: generic, UMP and Standard Webhooks.

import type { RawDelivery } from '@fleet/contracts'
import { addAttributes, attributesFrom, withoutPaths } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { readDomainFields } from '../domain-fields.ts'
import type { Adapter } from '../endpoint.ts'
import { mapEventType } from '../event-types.ts'
import { memberNameOf, readPath } from '../paths.ts'
import { plainAttributes } from '../plain-attributes.ts'
import type { Platform } from '../platform.ts'
import { isJsonObject } from '../strict-json.ts'
import type { Json, JsonObject } from '../strict-json.ts'
import type { EnvelopePaths } from './held-paths.ts'
import { readHeldEnvelope } from './held-paths.ts'
import type { Reading } from './reading.ts'

/** Fields about the delivery, beside the one at `paths.delivery_attempt`: a retry changes them. */
const deliveryPaths = ['$.delivery_id', '$.delivered_at', '$.attempt'] as const

export function readEnvelope(
  raw: RawDelivery,
  sourceEventType: string,
  adapter: Adapter,
  body: JsonObject,
  plain: PlainPlatform | null,
  envelope: EnvelopePaths,
): Reading {
  const { domain, eventType } = mapEventType(adapter, sourceEventType)
  const dataPath = envelope.paths.data
  const data = dataPath === null ? undefined : readPath(body, dataPath)
  const { fields, heldNames } = readDomainFields(domain, eventType, data)
  const held = readHeldEnvelope(raw, body, envelope)
  const source = { body, dataPath, heldNames }
  const attributes = attributesBut(held.paths, source, plain)

  const attemptPath = envelope.paths.deliveryAttempt
  const excluded = attemptPath === null ? deliveryPaths : [...deliveryPaths, attemptPath]
  // Most bodies have nothing of the delivery besides what the envelope holds: then both are the same.
  const counted = hasAny(body, excluded, held.paths)
    ? attributesBut([...held.paths, ...excluded], source, plain)
    : attributes
  const timePath = held.occurredAtPath
  return {
    domain,
    eventType,
    subaccountId: held.subaccountId,
    fields,
    attributes,
    content: {
      fields,
      attributes: counted,
      hasOwnTime: timePath !== null && !excluded.some(path => isWithin(timePath, path)),
    },
  }
}

function hasAny(body: Json, paths: readonly string[], except: readonly string[]): boolean {
  for (const path of paths) {
    if (readPath(body, path) !== undefined && !except.includes(path)) return true
  }
  return false
}

interface AttributeSource {
  readonly body: JsonObject
  readonly dataPath: string | null
  /** Members of `data` that a field holds. */
  readonly heldNames: readonly string[]
}

/** What the texts of a body without escapes are written with. */
export type PlainPlatform = Pick<Platform, 'decodeUtf8'>

/** `plain`: null for a body with escapes. */
function attributesBut(
  held: readonly string[],
  source: AttributeSource,
  plain: PlainPlatform | null,
): Attributes {
  const members = memberAttributes(held, source)
  if (members === null) {
    const { body, dataPath, heldNames } = source
    return attributesFrom(attributesOf(withoutPaths(body, held), dataPath, heldNames))
  }
  const { names, values } = members
  const written = plain === null ? null : plainAttributes(names, values, plain)
  return written ?? attributesFrom(textsOf(members, plain !== null), plain !== null)
}

/** Each name once, none of them `__proto__`. */
interface Members {
  readonly names: readonly string[]
  readonly values: readonly Json[]
}

export function textsOf({ names, values }: Members, isPlain: boolean): Map<string, string> {
  const texts = new Map<string, string>()
  for (let i = 0; i < names.length; i++) {
    texts.set(names[i] as string, canonicalJson(values[i], isPlain))
  }
  return texts
}

/**
 * The values whose texts `attributesOf` gives where every path leads to a member of the body itself, as
 * most do: then nothing has to be taken apart. Null where one leads elsewhere, or where a name might
 * come twice.
 */
export function memberAttributes(
  held: readonly string[],
  { body, dataPath, heldNames }: AttributeSource,
): Members | null {
  const dataName = dataPath === null ? null : memberNameOf(dataPath)
  if (dataPath !== null && dataName === null) return null
  const gone: string[] = []
  for (const path of held) {
    const name = memberNameOf(path)
    // Its parent stands among the members unchanged if there is nothing at the path.
    if (name !== null) gone.push(name)
    else if (readPath(body, path) !== undefined) return null
  }
  const names: string[] = []
  const values: Json[] = []
  let data: Json | undefined
  for (const name of Object.keys(body)) {
    if (gone.includes(name)) continue
    if (name === dataName) data = body[name]
    else if (name === '__proto__' || name.startsWith('data')) return null
    else {
      names.push(name)
      values.push(body[name] as Json)
    }
  }
  if (data === undefined) return { names, values }
  if (!isJsonObject(data)) {
    names.push('data')
    values.push(data)
    return { names, values }
  }
  for (const name of Object.keys(data)) {
    if (heldNames.includes(name)) continue
    names.push(dataNameOf(name))
    values.push(data[name] as Json)
  }
  return { names, values }
}

/** The same text each time, in the form in which engines keep names of properties. */
function dataNameOf(name: string): string {
  const known = dataNames.get(name)
  if (known !== undefined) return known
  const made = Object.keys({ [`data.${name}`]: 0 })[0] ?? ''
  if (dataNames.size < dataNamesMax && name.length <= dataNameCharactersMax) {
    dataNames.set(name, made)
  }
  return made
}

const dataNames = new Map<string, string>()
/** Senders choose the names. */
const dataNamesMax = 4096
const dataNameCharactersMax = 64

/** Attributes of a body from which everything the envelope holds has been taken. */
export function attributesOf(
  rest: Json | undefined,
  dataPath: string | null,
  heldNames: readonly string[],
): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  const data = dataPath === null ? undefined : readPath(rest, dataPath)
  const outer = data === undefined || dataPath === null ? rest : withoutPaths(rest, [dataPath])
  addAttributes(attributes, outer, '', 'body')
  addData(attributes, data, heldNames)
  return attributes
}

function addData(
  attributes: Map<string, string>,
  data: Json | undefined,
  heldNames: readonly string[],
): void {
  if (data === undefined) return
  if (!isJsonObject(data)) {
    attributes.set('data', canonicalJson(data))
    return
  }
  for (const name of Object.keys(data)) {
    if (heldNames.includes(name)) continue
    attributes.set(`data.${name}`, canonicalJson(data[name]))
  }
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}
