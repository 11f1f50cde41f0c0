// Reads endpoints.json: everything that is wrong is reported at once, with its place and what to do, and a
// file with any problem gives no endpoint at all, so that the edge keeps the last good one.

import { authWarnings, readAuth } from './endpoint-auth.ts'
import { adapters, datedAdapters, fixedSettings } from './endpoint.ts'
import type { Adapter, Endpoint, EndpointSecret } from './endpoint.ts'
import type { Fields } from './endpoint-fields.ts'
import {
  placeOf,
  quoted,
  readChoice,
  readCount,
  readObject,
  readText,
  readTimeMs,
  report,
  setting,
} from './endpoint-fields.ts'
import { readPaths } from './endpoint-paths.ts'
import { signatureWarnings } from './endpoint-signature.ts'
import { isId } from './identity.ts'
import type { Json } from './strict-json.ts'
import { isJsonObject, member } from './strict-json.ts'

export type EndpointsReading =
  | {
      ok: true
      endpoints: Endpoint[]
      /** Settings that are well-formed and count for nothing, with their place and why. */
      ignored: string[]
      /** Settings that are followed and yet protect less than they could, with their place and why. */
      warnings: string[]
    }
  | { ok: false; problems: string[] }

const endpointSettings = [
  'id',
  'tenant_id',
  'source',
  'adapter',
  'enabled',
  'auth',
  'api_key_header',
  'secrets',
  'signature',
  'paths',
  'limits',
  'accepted_event_types',
  'on_id_conflict',
  'sender_timeout_ms',
  'verify_armed_until',
] as const

/** Every active secret costs one MAC for each forged delivery. */
const secretsMax = 16
/** A raw record must fit the broker's limit for one message. */
const bodyBytesMax = 1_048_576
const perSecondMax = 1_000_000
/** Two minutes: no sender waits longer for an answer. */
const senderTimeoutMsMax = 120_000
/** Each is compared for every delivery; a source has some dozens. */
const eventTypesMax = 256

/** The endpoints of the demo; their secrets lie in a development folder. */
const demoIds = ['levy-demo', 'ump-demo', 'smartcar-demo', 'sw-demo']

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const idRule = '1 to 128 letters, digits, ".", "_" or "-", the first a letter or digit'
const namePattern = /^[^\p{Cc}\p{Cs}]{1,128}$/u
const nameRule = '1 to 128 printable characters'

export function parseEndpoints(
  jsonText: string,
  mode: 'development' | 'production',
): EndpointsReading {
  let file: Json
  try {
    file = JSON.parse(jsonText) as Json
  } catch {
    // The parser's own message quotes the file, which may hold a secret put there by mistake.
    return { ok: false, problems: ['the file: must be JSON; check commas, quotes and brackets'] }
  }
  const problems: string[] = []
  const fields = readObject(file, '', ['version', 'endpoints'], problems)
  const version = setting(fields, 'version')
  if (version !== 1) report(fields, 'version', `must be 1, got ${quoted(version ?? undefined)}`)
  const list = setting(fields, 'endpoints')
  if (!Array.isArray(list)) {
    report(fields, 'endpoints', `must be a list, got ${quoted(list ?? undefined)}`)
    return { ok: false, problems }
  }
  const endpoints = list.map((value: Json, index) =>
    readEndpoint(value, `endpoints[${index}]`, problems),
  )
  for (const [index, { id }] of endpoints.entries()) {
    const place = `endpoints[${index}].id`
    const first = endpoints.findIndex(other => other.id === id)
    if (id !== '' && first !== index) {
      problems.push(`${place}: "${id}" is already endpoints[${first}]; choose another id`)
    }
    if (mode === 'production' && demoIds.includes(id)) {
      problems.push(`${place}: "${id}" is a demo endpoint, not for production; remove it`)
    }
  }
  if (problems.length > 0) return { ok: false, problems }
  const ignored = ignoredSettings(list, endpoints)
  return { ok: true, endpoints, ignored, warnings: warningsAbout(endpoints) }
}

function ignoredSettings(list: readonly Json[], endpoints: readonly Endpoint[]): string[] {
  return endpoints.flatMap(({ id, adapter }, index) => {
    const given = fixedSettings[adapter].filter(name => {
      const value = member(list[index], name)
      return !isUnset(value) && !(datedAdapters.includes(adapter) && isFreshnessAlone(value))
    })
    return given.map(name => `endpoints[${index}].${name} (${id}): fixed by the adapter ${adapter}`)
  })
}

function isFreshnessAlone(value: Json | undefined): boolean {
  const names = isJsonObject(value) ? Object.keys(value) : []
  return names.length === 1 && names[0] === 'freshness_seconds'
}

function warningsAbout(endpoints: readonly Endpoint[]): string[] {
  return endpoints.flatMap((endpoint, index) =>
    warningsOf(endpoint).map(
      ([name, text]) => `endpoints[${index}].${name} (${endpoint.id}): ${text}`,
    ),
  )
}

/** By the place of the setting within the endpoint. */
function warningsOf(endpoint: Endpoint): [string, string][] {
  if (endpoint.auth === 'api-key') return authWarnings
  return signatureWarnings(endpoint.signature).map(([name, text]) => [`signature.${name}`, text])
}

function isUnset(value: Json | undefined): boolean {
  return value === undefined || value === null
}

function readEndpoint(value: Json, where: string, problems: string[]): Endpoint {
  const fields = readObject(value, where, endpointSettings, problems)
  const adapter = readChoice<Adapter>(fields, 'adapter', adapters)
  return {
    id: readText(fields, 'id', idPattern, idRule),
    tenantId: readText(fields, 'tenant_id', namePattern, nameRule),
    source: readText(fields, 'source', namePattern, nameRule),
    adapter,
    enabled: readEnabled(fields),
    ...readAuth(fields, adapter),
    secrets: readSecrets(fields),
    ...readPaths(fields, adapter),
    limits: readLimits(fields),
    acceptedEventTypes: readAcceptedEventTypes(fields),
    onIdConflict: readChoice(fields, 'on_id_conflict', ['dead_letter', 'count'], 'dead_letter'),
    senderTimeoutMs: readCount(fields, 'sender_timeout_ms', senderTimeoutMsMax),
    verifyArmedUntilMs: readTimeMs(fields, 'verify_armed_until'),
  }
}

function readEnabled(fields: Fields): boolean {
  const value = setting(fields, 'enabled') ?? true
  if (typeof value === 'boolean') return value
  report(fields, 'enabled', `must be true or false, got ${quoted(value)}`)
  return false
}

function readLimits(endpoint: Fields): Endpoint['limits'] {
  const value = setting(endpoint, 'limits') ?? {}
  const names = ['body_bytes', 'per_second']
  const fields = readObject(value, placeOf(endpoint, 'limits'), names, endpoint.problems)
  return {
    bodyBytes: readCount(fields, 'body_bytes', bodyBytesMax),
    perSecond: readCount(fields, 'per_second', perSecondMax),
  }
}

function readAcceptedEventTypes(endpoint: Fields): string[] | null {
  const value = setting(endpoint, 'accepted_event_types')
  if (value === null) return null
  const place = 'accepted_event_types'
  if (!Array.isArray(value) || value.length === 0 || value.length > eventTypesMax) {
    const none = 'an endpoint that takes none is not enabled'
    report(endpoint, place, `must be null or a list of 1 to ${eventTypesMax} types; ${none}`)
    return null
  }
  return value.map((type: Json, index) => {
    if (typeof type === 'string' && isId(type)) return type
    const rule = "the source's own name of a type, 1 to 256 bytes without control characters"
    report(endpoint, `${place}[${index}]`, `must be ${rule}, got ${quoted(type)}`)
    return ''
  })
}

function readSecrets(endpoint: Fields): EndpointSecret[] {
  const value = setting(endpoint, 'secrets')
  if (!Array.isArray(value) || value.length === 0 || value.length > secretsMax) {
    report(endpoint, 'secrets', `must be a list of 1 to ${secretsMax} secrets`)
    return []
  }
  const secrets = value.map((entry: Json, index) =>
    readSecret(entry, `${placeOf(endpoint, 'secrets')}[${index}]`, endpoint.problems),
  )
  for (const [index, { id }] of secrets.entries()) {
    if (secrets.findIndex(other => other.id === id) === index) continue
    report(endpoint, `secrets[${index}].id`, `"${id}" is used by an earlier secret`)
  }
  return secrets
}

/** A path under the secrets folder or an absolute one; never out of the folder by `..`. */
const fileReference = /^file:(?!(?:.*\/)?\.\.(?:\/|$))[^\p{Cc}]+$/u
const environmentReference = /^env:[A-Za-z_][A-Za-z0-9_]*$/

function readSecret(value: Json, where: string, problems: string[]): EndpointSecret {
  const names = ['id', 'ref', 'not_before', 'not_after']
  // A secret written in place of the object must not be quoted.
  const safe = typeof value === 'object' ? value : undefined
  const fields = readObject(safe, where, names, problems)
  const reference = setting(fields, 'ref')
  const ref = typeof reference === 'string' ? reference : ''
  if (!fileReference.test(ref) && !environmentReference.test(ref)) {
    const rule = '"file:<name>" or "env:<NAME>"; the secret itself never stands in this file'
    report(fields, 'ref', `must be ${rule}`)
  }
  const notBeforeMs = readTimeMs(fields, 'not_before')
  const notAfterMs = readTimeMs(fields, 'not_after')
  if (notBeforeMs !== null && notAfterMs !== null && notBeforeMs >= notAfterMs) {
    report(fields, 'not_after', 'must be later than not_before')
  }
  return { id: readText(fields, 'id', idPattern, idRule), ref, notBeforeMs, notAfterMs }
}
