// Bodies whose fields are found by the endpoint's paths: generic, UMP and Standard Webhooks.

import type { RawDelivery } from '@fleet/contracts'
import { addAttributes, attributesFrom, withoutPaths } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import { viewOf } from '../body-view.ts'
import type { BodyView } from '../body-view.ts'
import { canonicalJson } from '../canonical-json.ts'
import { readDomainFields } from '../domain-fields.ts'
import type { Adapter } from '../endpoint.ts'
import { mapEventType } from '../event-types.ts'
import { readPath, textsOf } from '../paths.ts'
import type { Path } from '../paths.ts'
import { isJsonObject } from '../strict-json.ts'
import type { Json, JsonObject } from '../strict-json.ts'
import type { EnvelopePaths } from './held-paths.ts'
import { pathsOfDelivery, readHeldEnvelope } from './held-paths.ts'
import type { Reading } from './reading.ts'

/** A body that gives its attributes too. */
export interface ReadBody extends BodyView {
  /** Attributes but for what stands at `held`, and but for the members of the data of these names. */
  attributesBut(held: readonly Path[], heldNames: readonly string[]): Attributes
}

/** A body that was read whole. */
export function readWholeBody(body: JsonObject, dataPath: string | null): ReadBody {
  const attributesBut: ReadBody['attributesBut'] = (held, heldNames) =>
    attributesFrom(attributesOf(withoutPaths(body, textsOf(held)), dataPath, heldNames))
  return { ...viewOf(body, dataPath), attributesBut }
}

export function readEnvelope(
  raw: RawDelivery,
  sourceEventType: string,
  adapter: Adapter,
  body: ReadBody,
  envelope: EnvelopePaths,
): Reading {
  const { domain, eventType } = mapEventType(adapter, sourceEventType)
  const { fields, heldNames } = readDomainFields(domain, eventType, body.data)
  const held = readHeldEnvelope(raw, body, envelope)
  const attributes = body.attributesBut(held.paths, heldNames)

  const excluded = pathsOfDelivery(envelope)
  // Most bodies have nothing of the delivery besides what the envelope holds: then both are the same.
  const counted = hasAny(body, excluded, held.paths)
    ? body.attributesBut([...held.paths, ...excluded], heldNames)
    : attributes
  return {
    domain,
    eventType,
    subaccountId: held.subaccountId,
    fields,
    attributes,
    content: {
      fields,
      attributes: counted,
      hasOwnTime: held.hasOwnTime,
    },
  }
}

function hasAny(body: BodyView, paths: readonly Path[], except: readonly Path[]): boolean {
  for (const path of paths) {
    if (!except.includes(path) && body.at(path) !== undefined) return true
  }
  return false
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
