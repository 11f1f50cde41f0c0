// The signature settings of an endpoint. Only those of generic endpoints count, and how old a delivery may
// be: the vendors of the other adapters fixed the rest.

import { datedAdapters, defaultIdHeader, fixedSignatures } from './endpoint.ts'
import type { Adapter, EndpointSignature } from './endpoint.ts'
import type { Fields } from './endpoint-fields.ts'
import {
  placeOf,
  readChoice,
  readCount,
  readObject,
  readText,
  report,
  setting,
} from './endpoint-fields.ts'
import { isJsonObject } from './strict-json.ts'

const settings = [
  'header',
  'algorithm',
  'encoding',
  'prefix',
  'signed_content',
  'timestamp_header',
  'id_header',
  'freshness_seconds',
] as const

export const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
export const headerRule = 'the name of a header'

/** A day: a longer freshness is none. */
const freshnessSecondsMax = 86_400

/** What is signed is built for every delivery; senders sign a few short texts around the body. */
const templateCharactersMax = 256

export function readSignature(endpoint: Fields, adapter: Adapter): EndpointSignature {
  const value = setting(endpoint, 'signature')
  const where = placeOf(endpoint, 'signature')
  if (adapter !== 'generic') {
    const fields = { where, values: isJsonObject(value) ? value : {}, problems: endpoint.problems }
    return readFixedSignature(fields, adapter)
  }
  const fields = readObject(value ?? undefined, where, settings, endpoint.problems)
  if (Object.keys(fields.values).length === 0) return emptySignature
  const prefix = readText(fields, 'prefix', /^[\x21-\x7e]{0,64}$/, 'printable ASCII', '')
  const signature = {
    header: readText(fields, 'header', headerName, headerRule).toLowerCase(),
    algorithm: readChoice(fields, 'algorithm', ['hmac-sha256', 'hmac-sha1'], 'hmac-sha256'),
    encoding: readChoice(fields, 'encoding', ['hex', 'base64', 'base64url'], 'hex'),
    prefix,
    prefixRequired: prefix !== '',
    signedContent: readSignedContent(fields),
    timestampHeader: readHeaderName(fields, 'timestamp_header'),
    idHeader: readHeaderName(fields, 'id_header') ?? defaultIdHeader,
    freshnessSeconds: readCount(fields, 'freshness_seconds', freshnessSecondsMax),
  }
  checkTimestamp(fields, signature)
  checkHeaders(fields, signature)
  return signature
}

/** Of an endpoint that takes no signatures, and of one whose settings can't be read. */
export const emptySignature: EndpointSignature = { ...fixedSignatures.ump, header: '' }

/** The vendor's, but for how old a delivery may be, where the deliveries say when they were sent. */
function readFixedSignature(
  fields: Fields,
  adapter: Exclude<Adapter, 'generic'>,
): EndpointSignature {
  const fixed = fixedSignatures[adapter]
  if (!datedAdapters.includes(adapter)) return fixed
  const freshnessSeconds = readCount(fields, 'freshness_seconds', freshnessSecondsMax)
  return freshnessSeconds === null ? fixed : { ...fixed, freshnessSeconds }
}

function readHeaderName(fields: Fields, name: 'timestamp_header' | 'id_header'): string | null {
  if (setting(fields, name) === null) return null
  return readText(fields, name, headerName, headerRule).toLowerCase()
}

function readSignedContent(fields: Fields): string {
  const rule = 'a template that contains {body}'
  const template = readText(fields, 'signed_content', /\{body\}/, rule, '{body}')
  if (template.length > templateCharactersMax || template.split('{body}').length > 2) {
    const text = `must contain {body} once and have at most ${templateCharactersMax} characters`
    report(fields, 'signed_content', text)
  }
  for (const [placeholder] of template.matchAll(/\{[^{}]*\}/g)) {
    if (['{body}', '{timestamp}', '{id}'].includes(placeholder)) continue
    report(fields, 'signed_content', `unknown ${placeholder}; use {body}, {timestamp} or {id}`)
  }
  return template
}

function checkTimestamp(fields: Fields, signature: EndpointSignature): void {
  if (signature.timestampHeader !== null) return
  const reason = signature.signedContent.includes('{timestamp}')
    ? 'signed_content uses {timestamp}'
    : signature.freshnessSeconds !== null
      ? 'freshness_seconds is set'
      : null
  if (reason !== null) report(fields, 'timestamp_header', `must name a header, because ${reason}`)
}

/** One header can't be the signature and be signed, or be two of the signed texts. */
function checkHeaders(fields: Fields, signature: EndpointSignature): void {
  const { header, timestampHeader, idHeader } = signature
  if (timestampHeader !== null && timestampHeader === header) {
    report(fields, 'timestamp_header', 'must be another header than the signature')
  }
  const isIdSigned = signature.signedContent.includes('{id}')
  if (isIdSigned && [header, timestampHeader].includes(idHeader)) {
    report(fields, 'id_header', `must be another header than signature and timestamp: ${idHeader}`)
  }
}

/** What is allowed and yet protects less than it seems, by the name of its setting. */
export function signatureWarnings(signature: EndpointSignature): [string, string][] {
  const { algorithm, signedContent, freshnessSeconds } = signature
  const warnings: [string, string][] = []
  if (algorithm === 'hmac-sha1') {
    warnings.push(['algorithm', 'hmac-sha1 is outdated: ask the sender for hmac-sha256'])
  }
  if (freshnessSeconds !== null && !signedContent.includes('{timestamp}')) {
    const consequence = 'anyone can make an old delivery look fresh'
    warnings.push(['freshness_seconds', `the timestamp is not signed: ${consequence}`])
  }
  if (/\{id\}\{|\}\{id\}/.test(signedContent)) {
    const consequence = 'characters can move from one to the other'
    warnings.push([
      'signed_content',
      `nothing separates {id} from what is beside it: ${consequence}`,
    ])
  }
  return warnings
}
