// Bodies whose fields are found by the endpoint's paths: generic, UMP and Standard Webhooks.

import type { RawDelivery } from '@fleet/contracts'
import { addAttributes, withoutPaths } from '../attributes.ts'
import { readDomainFields } from '../domain-fields.ts'
import type { Adapter } from '../endpoint.ts'
import { mapEventType } from '../event-types.ts'
import { readPath } from '../paths.ts'
import { isJsonObject } from '../strict-json.ts'
import type { Json } from '../strict-json.ts'
import type { EnvelopePaths } from './held-paths.ts'
import { heldEnvelopePaths, occurredAtPath, readSubaccount } from './held-paths.ts'
import type { Reading } from './reading.ts'

/** Fields about the delivery, beside the one at `paths.delivery_attempt`: a retry changes them. */
const deliveryPaths = ['$.delivery_id', '$.delivered_at', '$.attempt'] as const

export function readEnvelope(
  raw: RawDelivery,
  sourceEventType: string,
  adapter: Adapter,
  body: Json,
  envelope: EnvelopePaths,
): Reading {
  const { domain, eventType } = mapEventType(adapter, sourceEventType)
  const dataPath = envelope.paths.data
  const data = dataPath === null ? undefined : readPath(body, dataPath)
  const { fields, heldNames } = readDomainFields(domain, eventType, data)
  const held = heldEnvelopePaths(raw, body, envelope)
  const attributesWithout = (excluded: readonly string[]): ReadonlyMap<string, string> =>
    attributesOf(withoutPaths(body, [...held, ...excluded]), dataPath, heldNames)

  const attemptPath = envelope.paths.deliveryAttempt
  const excluded = attemptPath === null ? deliveryPaths : [...deliveryPaths, attemptPath]
  const attributes = attributesWithout([])
  // Most bodies have nothing of the delivery besides what the envelope holds: then both are the same.
  const hasExcluded = excluded.some(
    path => !held.includes(path) && readPath(body, path) !== undefined,
  )
  const timePath = occurredAtPath(raw, body, envelope)
  return {
    domain,
    eventType,
    subaccountId: readSubaccount(body, envelope).id,
    fields,
    attributes,
    content: {
      fields,
      attributes: hasExcluded ? attributesWithout(excluded) : attributes,
      hasOwnTime: timePath !== null && !excluded.some(path => isWithin(timePath, path)),
    },
  }
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
  addAttributes(attributes, withoutMembers(data, heldNames), 'data.', 'data')
  return attributes
}

function withoutMembers(value: Json | undefined, names: readonly string[]): Json | undefined {
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}
