// Signed requests as bytes, every body another one.

import { createHmac } from 'node:crypto'

export const endpointId = 'bench'
export const signatureHeader = 'x-signature'
export const secret = 'bench-secret-0123456789'

const resources = 5000
/** About what senders send. */
const padding = 'x'.repeat(300)

export function bodyOf(run: string, index: number): string {
  return JSON.stringify({
    event_id: `${run}-${index}`,
    event_type: 'reservation.updated',
    occurred_at: '2026-01-01T00:00:00Z',
    resource_type: 'reservation',
    resource_id: `R${index % resources}`,
    data: { customer_id: `C${index % resources}`, note: padding },
  })
}

export interface RequestOptions {
  readonly endpoint?: string
  /** False: a signature that is not right. */
  readonly isSigned?: boolean
}

export function requestOf(
  body: string,
  { endpoint = endpointId, isSigned = true }: RequestOptions = {},
): Buffer {
  const signature = isSigned
    ? createHmac('sha256', secret).update(body).digest('hex')
    : '0'.repeat(64)
  const head = [
    `POST /v1/hooks/${endpoint} HTTP/1.1`,
    'Host: edge',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${signatureHeader}: sha256=${signature}`,
  ].join('\r\n')
  return Buffer.from(`${head}\r\n\r\n${body}`)
}
