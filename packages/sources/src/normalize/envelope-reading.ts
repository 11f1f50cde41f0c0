// Bodies whose fields are found by the endpoint's paths: generic, UMP and Standard Webhooks.

import type { RawDelivery } from '@fleet/contracts'
import { addAttributes, withoutPaths } from '../attributes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { readDomainFields } from '../domain-fields.ts'
import type { Adapter } from '../endpoint.ts'
import { mapEventType } from '../event-types.ts'
import { memberNameOf, readPath } from '../paths.ts'
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
  isPlain: boolean,
  envelope: EnvelopePaths,
): Reading {
  const { domain, eventType } = mapEventType(adapter, sourceEventType)
  const dataPath = envelope.paths.data
  const data = dataPath === null ? undefined : readPath(body, dataPath)
  const { fields, heldNames } = readDomainFields(domain, eventType, data)
  const held = readHeldEnvelope(raw, body, envelope)
  const source = { body, isPlain, dataPath, heldNames }
  const attributes = attributesBut(held.paths, source)

  const attemptPath = envelope.paths.deliveryAttempt
  const excluded = attemptPath === null ? deliveryPaths : [...deliveryPaths, attemptPath]
  // Most bodies have nothing of the delivery besides what the envelope holds: then both are the same.
  const counted = hasAny(body, excluded, held.paths)
    ? attributesBut([...held.paths, ...excluded], source)
    : attributes
  const timePath = held.occurredAtPath
  return {
    domain,
    eventType,
    subaccountId: held.subaccountId,
    fields,
    attributes,
    isPlain,
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
  /** See readStrictJson. */
  readonly isPlain: boolean
  readonly dataPath: string | null
  /** Members of `data` that a field holds. */
  readonly heldNames: readonly string[]
}

function attributesBut(
  held: readonly string[],
  source: AttributeSource,
): ReadonlyMap<string, string> {
  const { body, dataPath, heldNames } = source
  return (
    memberAttributes(held, source) ?? attributesOf(withoutPaths(body, held), dataPath, heldNames)
  )
}

/**
 * What `attributesOf` gives where every path leads to a member of the body itself, as most do: then
 * nothing has to be taken apart. Null where one leads elsewhere.
 */
export function memberAttributes(
  held: readonly string[],
  { body, isPlain, dataPath, heldNames }: AttributeSource,
): ReadonlyMap<string, string> | null {
  const dataName = dataPath === null ? null : memberNameOf(dataPath)
  if (dataPath !== null && dataName === null) return null
  const names: string[] = []
  for (const path of held) {
    const name = memberNameOf(path)
    // Its parent stands among the members unchanged if there is nothing at the path.
    if (name !== null) names.push(name)
    else if (readPath(body, path) !== undefined) return null
  }
  const attributes = new Map<string, string>()
  let data: Json | undefined
  for (const name of Object.keys(body)) {
    if (names.includes(name)) continue
    if (name === dataName) data = body[name]
    else attributes.set(name, canonicalJson(body[name], isPlain))
  }
  addData(attributes, data, heldNames, isPlain)
  return attributes
}

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
  addData(attributes, data, heldNames, false)
  return attributes
}

function addData(
  attributes: Map<string, string>,
  data: Json | undefined,
  heldNames: readonly string[],
  isPlain: boolean,
): void {
  if (data === undefined) return
  if (!isJsonObject(data)) {
    attributes.set('data', canonicalJson(data, isPlain))
    return
  }
  for (const name of Object.keys(data)) {
    if (heldNames.includes(name)) continue
    attributes.set(`data.${name}`, canonicalJson(data[name], isPlain))
  }
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}
