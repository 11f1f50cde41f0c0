// The signature settings of an endpoint. Only those of generic endpoints count: the vendors of the other
// adapters fixed theirs.

import type { Adapter, EndpointSignature } from './endpoint.ts'
import { fixedSignatures } from './endpoint.ts'
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

const settings = [
  'header',
  'algorithm',
  'encoding',
  'prefix',
  'signed_content',
  'timestamp_header',
  'freshness_seconds',
] as const

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
const headerRule = 'the name of a header'

/** A day: a longer freshness is none. */
const freshnessSecondsMax = 86_400

export function readSignature(endpoint: Fields, adapter: Adapter): EndpointSignature {
  if (adapter !== 'generic') return fixedSignatures[adapter]
  const value = setting(endpoint, 'signature')
  const where = placeOf(endpoint, 'signature')
  const fields = readObject(value ?? undefined, where, settings, endpoint.problems)
  if (Object.keys(fields.values).length === 0) return emptySignature
  const prefix = readText(fields, 'prefix', /^[\x21-\x7e]{0,64}$/, 'printable ASCII', '')
  const signature = {
    header: readText(fields, 'header', headerName, headerRule).toLowerCase(),
    algorithm: readChoice(fields, 'algorithm', ['hmac-sha256', 'hmac-sha1'], 'hmac-sha256'),
    encoding: readChoice(fields, 'encoding', ['hex', 'base64'], 'hex'),
    prefix,
    prefixRequired: prefix !== '',
    signedContent: readSignedContent(fields),
    timestampHeader: readTimestampHeader(fields),
    freshnessSeconds: readCount(fields, 'freshness_seconds', freshnessSecondsMax),
  }
  checkTimestamp(fields, signature)
  return signature
}

const emptySignature: EndpointSignature = { ...fixedSignatures.ump, header: '' }

function readTimestampHeader(fields: Fields): string | null {
  if (setting(fields, 'timestamp_header') === null) return null
  return readText(fields, 'timestamp_header', headerName, headerRule).toLowerCase()
}

function readSignedContent(fields: Fields): string {
  const rule = 'a template that contains {body}'
  const template = readText(fields, 'signed_content', /\{body\}/, rule, '{body}')
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
