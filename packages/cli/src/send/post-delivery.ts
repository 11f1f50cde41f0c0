// One POST to the ingester. By node:http and not fetch, because a webhook's bytes and headers must go
// out exactly as given, a header sent twice included.

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { UsageError } from '../exit-code.ts'
import { unreachable } from '../kafka.ts'

export type Headers = Record<string, string | string[]>

export interface Answer {
  http_status: number
  delivery_id: string | null
  /** The answer's JSON; its text when it is not JSON. */
  body: unknown
}

/** Longer than the ingester's own deadline, which then answers 503. */
const answerMsMax = 30_000

export function hooksPath(endpointId: string): string {
  return `/v1/hooks/${encodeURIComponent(endpointId)}`
}

export async function postDelivery(
  base: string,
  path: string,
  headers: Headers,
  body: Uint8Array,
): Promise<Answer> {
  if (!URL.canParse(path, base)) throw new UsageError(`${base} is not an address`)
  const url = new URL(path, base)
  const { status, text } = await post(url, headers, body)
  const answer = jsonOrText(text)
  return { http_status: status, delivery_id: deliveryIdOf(answer), body: answer }
}

function post(
  url: URL,
  headers: Headers,
  body: Uint8Array,
): Promise<{ status: number; text: string }> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void => reject(unreachable('The ingester', url.origin, error))
    const outgoing = request(url, {
      method: 'POST',
      headers: { 'content-length': String(body.byteLength), ...headers },
      timeout: answerMsMax,
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.on('error', failed)
    outgoing.on('response', response => {
      buffer(response)
        .then(bytes => resolve({ status: response.statusCode ?? 0, text: bytes.toString('utf8') }))
        .catch(failed)
    })
    outgoing.end(body)
  })
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function deliveryIdOf(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('delivery_id' in answer)) return null
  return typeof answer.delivery_id === 'string' ? answer.delivery_id : null
}
