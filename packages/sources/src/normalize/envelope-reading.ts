// Bodies whose fields are found by the endpoint's paths: generic, UMP and Standard Webhooks.

import type { RawDelivery } from '@fleet/contracts'
import { addAttributes, attributesFrom, withoutPaths } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { readDomainFields } from '../domain-fields.ts'
import type { Adapter } from '../endpoint.ts'
import { mapEventType } from '../event-types.ts'
import { readAt, readPath, textsOf, toPath } from '../paths.ts'
import type { Path } from '../paths.ts'
import { plainAttributes } from '../plain-attributes.ts'
import type { Platform } from '../platform.ts'
import { isJsonObject } from '../strict-json.ts'
import type { Json, JsonObject } from '../strict-json.ts'
import type { EnvelopePaths } from './held-paths.ts'
import { deliveryPaths, readHeldEnvelope } from './held-paths.ts'
import type { Reading } from './reading.ts'

/** `plain`: for a body of `readPlainBody`; null: it was read whole. */
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
  const excluded = attemptPath === null ? deliveryPaths : [...deliveryPaths, toPath(attemptPath)]
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
      hasOwnTime: timePath !== null && !excluded.some(path => isWithin(timePath.text, path.text)),
    },
  }
}

function hasAny(body: Json, paths: readonly Path[], except: readonly Path[]): boolean {
  for (const path of paths) {
    if (readAt(body, path) !== undefined && !except.includes(path)) return true
  }
  return false
}

interface AttributeSource {
  readonly body: JsonObject
  readonly dataPath: string | null
  /** Members of `data` that a field holds. */
  readonly heldNames: readonly string[]
}

type PlainPlatform = Pick<Platform, 'decodeUtf8'>

function attributesBut(
  held: readonly Path[],
  source: AttributeSource,
  plain: PlainPlatform | null,
): Attributes {
  if (plain === null) {
    const { body, dataPath, heldNames } = source
    return attributesFrom(attributesOf(withoutPaths(body, textsOf(held)), dataPath, heldNames))
  }
  const { names, values } = memberAttributes(held, source)
  return plainAttributes(names, values, plain)
}

/** Each name once, none of them `__proto__`. */
interface Members {
  readonly names: readonly string[]
  readonly values: readonly Json[]
}

/** The values whose texts `attributesOf` gives, of a body of `readPlainBody`. */
export function memberAttributes(
  held: readonly Path[],
  { body, dataPath, heldNames }: AttributeSource,
): Members {
  const dataName = dataPath === null ? null : toPath(dataPath).memberName
  const gone: string[] = []
  const inner: string[] = []
  for (const path of held) {
    if (path.memberName !== null) gone.push(path.memberName)
    else if (readAt(body, path) !== undefined) inner.push(path.text)
  }
  const names: string[] = []
  const values: Json[] = []
  // Nearly always there is nothing to be taken out of a member.
  const left = inner.length === 0 ? body : withoutPaths(body, inner)
  if (!isJsonObject(left)) return { names, values }
  let data: Json | undefined
  for (const name of Object.keys(left)) {
    if (gone.includes(name)) continue
    if (name === dataName) data = left[name]
    else {
      names.push(name)
      values.push(left[name] as Json)
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
