// What an attack is: a named case of a row, which fails by throwing. `Attacker` is what cases are written
// with: requests as bytes, signatures of the sender who knows the secret, and the record of what was said.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { levy, levyBody, secrets, signed } from '../../../services/ingester/test/edge-harness.ts'
import { exchange } from './exchange.ts'
import type { Exchange, ExchangeOptions } from './exchange.ts'
import type { Target } from './target-process.ts'

/** The rows of what an edge that is open to the internet must withstand. */
export const rows = [
  'signature-malformed',
  'signature-raw-bytes',
  'signature-replay',
  'signature-no-oracle',
  'api-key-endpoint',
  'transport-slow',
  'transport-size',
  'transport-protocol',
  'transport-smuggling',
  'transport-flood',
  'spoofing-and-paths',
  'framework-oddities',
  'json-payload',
  'limits-in-order',
  'kafka-away',
] as const

export type Row = (typeof rows)[number]

export interface Attack {
  readonly row: Row
  readonly name: string
  run(target: Target): Promise<void>
}

export interface RequestParts {
  readonly method?: string
  readonly path?: string
  readonly version?: string
  readonly body?: string | Buffer
  /** Instead of the signature that belongs to the body. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whole lines, after all others. */
  readonly lines?: readonly string[]
  readonly length?: number | null
}

let bodies = 0

/** A body nobody sent before. */
export function freshBody(more: Record<string, unknown> = {}): string {
  bodies += 1
  return levyBody(`attack-${bodies}`, more)
}

export function signature(body: string | Buffer): Record<string, string> {
  return signed(levy, body, secrets.levy)
}

/** A request as bytes; without more said, a delivery that is accepted. */
export function request(parts: RequestParts = {}): Buffer {
  const { method = 'POST', path = '/v1/hooks/levy', version = '1.1', body = freshBody() } = parts
  const bytes = Buffer.from(body)
  const length = parts.length === undefined ? bytes.length : parts.length
  const lines = [
    `${method} ${path} HTTP/${version}`,
    'Host: edge',
    ...Object.entries(parts.headers ?? signature(bytes)).map(pair => pair.join(': ')),
    ...(length === null ? [] : [`Content-Length: ${length}`]),
    ...(parts.lines ?? []),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

/** A case of one request and one status; anything but 200 must leave nothing in the log. */
export function one(
  row: Row,
  name: string,
  bytes: () => Buffer | string,
  status: number,
  options: ExchangeOptions = {},
): Attack {
  return {
    row,
    name,
    run: async target => {
      const before = await target.appends()
      const { statuses } = await exchange(target, bytes(), { answers: 1, ...options })
      assert.deepEqual(statuses, [status])
      const stored = (await target.appends()) - before
      if (status !== 200) assert.equal(stored, 0, 'a refused delivery was stored')
    },
  }
}

export function expectClosed({ end }: Exchange): void {
  assert.notEqual(end, 'open', 'the connection was still open')
}

export async function expectStored(
  target: Target,
  body: string | Buffer,
  times: number,
): Promise<void> {
  assert.equal(await storedTimes(target, body), times, 'so often it should stand in the log')
}

/** How often this body stands in the log. */
export async function storedTimes(target: Target, body: string | Buffer): Promise<number> {
  const hash = createHash('sha256').update(body).digest('hex')
  return (await target.raw()).filter(record => record.hash === hash).length
}
