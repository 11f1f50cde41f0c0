// What the MAC is computed over: the endpoint's template filled with the raw body and the values of
// headers, as bytes. The body is never copied or decoded.

import { utf8Bytes } from '@fleet/contracts'
import { headerBytes } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'
import type { RequestHeaders } from './headers.ts'
import { readHeader } from './headers.ts'

export interface SignedHeaders {
  readonly kind: 'read'
  /** Empty where the endpoint signs none. */
  readonly id: string
  readonly timestamp: string
}

/** The character after `{id}`, but for the beginning of another placeholder. */
const afterId = /\{id\}([^{])/

const templatePart = /\{body\}|\{timestamp\}|\{id\}/

/** What most senders sign is the body alone. */
const nothingRead: SignedHeaders = { kind: 'read', id: '', timestamp: '' }

/** The headers that a signature of this endpoint covers or is aged by. */
export function readSignedHeaders(
  endpoint: Endpoint,
  headers: RequestHeaders,
): SignedHeaders | { readonly kind: 'missing' } | { readonly kind: 'bad' } {
  const { signedContent, timestampHeader, idHeader } = endpoint.signature
  if (signedContent === '{body}' && timestampHeader === null) return nothingRead
  const values = { id: '', timestamp: '' }
  const wanted = [
    ['id', signedContent.includes('{id}') ? idHeader : null],
    ['timestamp', timestampHeader],
  ] as const
  for (const [field, name] of wanted) {
    if (name === null) continue
    const reading = readHeader(headers, name)
    if (reading.kind === 'missing') return { kind: 'missing' }
    if (reading.kind === 'repeated') return { kind: 'bad' }
    values[field] = reading.value
  }
  // With a dot in it, where a dot follows, an id could trade places with the timestamp: the signed bytes
  // would stay the same.
  const separator = afterId.exec(signedContent)?.[1]
  const isAmbiguous = separator !== undefined && values.id.includes(separator)
  if (isAmbiguous || headerBytes(values.id + values.timestamp) === null) return { kind: 'bad' }
  return { kind: 'read', ...values }
}

/** The parts to hash one after the other. */
export function signedParts(
  endpoint: Endpoint,
  signed: Pick<SignedHeaders, 'id' | 'timestamp'>,
  body: Uint8Array,
): Uint8Array[] {
  let template = endpoint.signature.signedContent
  if (template === '{body}') return [body]
  const parts: Uint8Array[] = []
  for (let found = templatePart.exec(template); found !== null;) {
    if (found.index > 0) parts.push(utf8Bytes(template.slice(0, found.index)))
    if (found[0] === '{body}') parts.push(body)
    else parts.push(bytesOf(found[0] === '{id}' ? signed.id : signed.timestamp))
    template = template.slice(found.index + found[0].length)
    found = templatePart.exec(template)
  }
  if (template !== '') parts.push(utf8Bytes(template))
  return parts
}

/** A text that cannot be a header's comes from a signer of ours, who sends UTF-8. */
function bytesOf(text: string): Uint8Array {
  return headerBytes(text) ?? utf8Bytes(text)
}
