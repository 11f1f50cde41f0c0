// A whole edge on a free port, with files in a folder of its own and an appender the test commands.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { platformSettings } from '@fleet/config'
import { topics } from '@fleet/contracts'
import type { RawDelivery, SecurityEvent, Topic } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Appender, Broker, OutRecord } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import type { Clock, Scope } from '@fleet/runtime'
import { hmac, platform } from '@fleet/signatures'
import { parseEndpoints, signDelivery } from '@fleet/sources'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import type { Logger } from '@fleet/telemetry'
import { startEdge } from '../src/index.ts'
import type { HttpLimits } from '../src/shell/http-server.ts'
import type { LogBroker } from '../src/shell/raw-log.ts'

export const partitions = 6
export const provenanceKey = Buffer.from('0123456789abcdef0123456789abcdef')

export const secrets = {
  levy: 'levy-secret-4f0c',
  smartcar: 'smartcar-secret-77aa',
  sw: `whsec_${Buffer.from('standard-webhooks-key-1').toString('base64')}`,
} as const

const levySignature = {
  header: 'x-levy-signature',
  algorithm: 'hmac-sha256',
  encoding: 'hex',
  prefix: 'sha256=',
  signed_content: '{body}',
}

export interface EndpointRow {
  id: string
  [setting: string]: unknown
}

export const levy = {
  id: 'levy',
  tenant_id: 'acme',
  source: 'levy',
  adapter: 'generic',
  signature: levySignature,
  secrets: [{ id: 'k1', ref: 'file:levy.k1' }],
} satisfies EndpointRow

export const smartcar = {
  id: 'smartcar',
  tenant_id: 'acme',
  source: 'smartcar',
  adapter: 'smartcar',
  secrets: [{ id: 's1', ref: 'file:smartcar.k1' }],
} satisfies EndpointRow

export const standardWebhooks = {
  id: 'sw',
  tenant_id: 'acme',
  source: 'partner',
  adapter: 'standard-webhooks',
  secrets: [{ id: 'w1', ref: 'file:sw.k1' }],
} satisfies EndpointRow

export type AppendBehaviour = (record: OutRecord) => Promise<{ offset: number }>

export interface EdgeOptions {
  endpoints?: EndpointRow[]
  env?: Record<string, string>
  limits?: Partial<HttpLimits>
  append?: AppendBehaviour
  /** Instead of the memory broker; then `log` stays empty. */
  broker?: LogBroker
  /** Where the control plane is read from. */
  controlBroker?: Pick<Broker, 'openReader' | 'openAdmin'>
  clock?: Clock
  logger?: Logger
  /** As the settings make it serve. */
  scheme?: 'http' | 'https'
}

const closers: (() => Promise<void>)[] = []

/** For `after()`: ends every edge of a test file. */
export async function closeEdges(): Promise<void> {
  for (const close of closers.splice(0)) await close()
}

export async function openEdge(options: EdgeOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-edge-'))
  mkdirSync(join(folder, 'secrets'))
  const files = filesIn(folder)
  files.secret('levy.k1', secrets.levy)
  files.secret('smartcar.k1', secrets.smartcar)
  files.secret('sw.k1', secrets.sw)
  files.secret(
    'provenance.json',
    JSON.stringify({ keys: [{ id: 'p1', key_base64: provenanceKey.toString('base64') }] }),
  )
  files.endpoints(options.endpoints ?? [levy, smartcar, standardWebhooks])
  const clock = options.clock ?? systemClock
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock })
  const log = fakeLog(codec, options.append)
  const metrics = createMetrics('test')
  const scope = testScope()
  const { port } = await startEdge(scope, {
    settings: {
      ...platformSettings({
        FLEET_DATA_DIR: folder,
        FLEET_ENDPOINTS_FILE: join(folder, 'endpoints.json'),
        FLEET_PARTITIONS: String(partitions),
        ...options.env,
      }),
      ingestPort: 0,
    },
    broker: options.broker ?? log.broker,
    ...(options.controlBroker === undefined ? {} : { controlBroker: options.controlBroker }),
    codec,
    metrics,
    logger: options.logger ?? silentLogger,
    clock,
    ids: systemIds,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  const base = `${options.scheme ?? 'http'}://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    await scope.close()
    rmSync(folder, { recursive: true, force: true })
  }
  closers.push(close)
  await eventually(() => isReady(base))
  return { port, base, files, log, metrics, scope, close, codec }
}

/** Whoever it is that answers: a test's certificate is signed by nobody. */
function isReady(base: string): Promise<boolean> {
  if (base.startsWith('http:')) return fetch(`${base}/ready`).then(({ status }) => status === 200)
  return new Promise((resolve, reject) => {
    const asked = get(`${base}/ready`, { rejectUnauthorized: false, agent: false }, answer => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    asked.on('error', reject)
  })
}

export type Edge = Awaited<ReturnType<typeof openEdge>>

function filesIn(folder: string) {
  return {
    endpoints: (rows: EndpointRow[]) =>
      writeFileSync(
        join(folder, 'endpoints.json'),
        JSON.stringify({ version: 1, endpoints: rows }),
      ),
    endpointsText: (text: string) => writeFileSync(join(folder, 'endpoints.json'), text),
    secret: (name: string, text: string) => writeFileSync(join(folder, 'secrets', name), text),
    removeSecret: (name: string) => rmSync(join(folder, 'secrets', name)),
  }
}

/** A memory broker whose appender does what the test says and keeps what it was given. */
function fakeLog(codec: Codec, behaviour: AppendBehaviour | undefined) {
  const written = [topics.raw.name, topics.security.name]
  const memory = createMemoryBroker({ topics: written, partitions })
  const records: OutRecord[] = []
  const control = {
    append: behaviour ?? ((): Promise<{ offset: number }> => Promise.resolve({ offset: 0 })),
    healthy: true,
    closed: false,
  }
  const appender: Appender = {
    append: record => {
      records.push(record)
      return record.topic === topics.raw.name
        ? control.append(record)
        : Promise.resolve({ offset: 0 })
    },
    get healthy() {
      return control.healthy
    },
    close: () => {
      control.closed = true
      return Promise.resolve()
    },
  }
  const broker: LogBroker = {
    openAdmin: () => memory.openAdmin(),
    openAppender: () => Promise.resolve(appender),
  }
  const of = (name: string): OutRecord[] => records.filter(({ topic }) => topic === name)
  const decoded = async (topic: Topic): Promise<unknown[]> => {
    const values = of(topic.name).map(({ value }) => value ?? Buffer.alloc(0))
    await codec.prepare(values)
    return values.map(value => codec.decode(topic, value))
  }
  return {
    broker,
    control,
    records: () => of(topics.raw.name),
    raw: async () => (await decoded(topics.raw)) as RawDelivery[],
    uses: () => of(topics.controlUses.name),
    security: async () => (await decoded(topics.security)) as SecurityEvent[],
  }
}

function testScope(): Scope & { close(): Promise<void>; stop(): void; failures: unknown[] } {
  const stopping = new AbortController()
  const list: (() => Promise<void> | void)[] = []
  const failures: unknown[] = []
  return {
    onClose: (_name, close) => list.push(close),
    fail: error => failures.push(error),
    stopping: stopping.signal,
    failures,
    stop: () => stopping.abort(),
    close: async () => {
      stopping.abort()
      for (let close = list.pop(); close !== undefined; close = list.pop()) await close()
    },
  }
}

const deadlineMs = 8000

/** Waits for a condition; tests never sleep for a fixed time. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const startedMs = systemClock.elapsedMs()
  while (!(await condition())) {
    if (systemClock.elapsedMs() - startedMs > deadlineMs) throw new Error('it did not happen')
    await systemClock.sleep(10)
  }
}

export function levyBody(eventId: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    event_id: eventId,
    event_type: 'reservation.created',
    occurred_at: '2026-11-21T08:30:00Z',
    resource_type: 'booking',
    resource_id: 'r-1',
    data: { customer_id: 'c-1' },
    ...more,
  })
}

/** Signature headers of the sender who holds the endpoint's secret. */
export function signed(
  row: EndpointRow,
  body: string | Buffer,
  secret: string,
  nowMs = systemClock.wallMs(),
): Record<string, string> {
  const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints: [row] }), 'development')
  if (!reading.ok) throw new Error(reading.problems.join('; '))
  const [endpoint] = reading.endpoints
  if (endpoint === undefined) throw new Error('no endpoint')
  const delivery = { body: Buffer.from(body), id: 'msg_1', nowMs }
  return signDelivery(endpoint, Buffer.from(secret), delivery, platform) ?? {}
}

export function post(
  edge: { base: string },
  id: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${edge.base}/v1/hooks/${id}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'content-type': 'application/json', ...headers },
  })
}

export function postLevy(
  edge: { base: string },
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return post(edge, 'levy', body, { ...signed(levy, body, secrets.levy), ...headers })
}

export function challengeAnswer(challenge: string): string {
  return hmac('sha256', Buffer.from(secrets.smartcar), Buffer.from(challenge)).toString('hex')
}

/** Sends bytes as they are and collects what comes back until the other side closes. */
export function rawExchange(port: number, ...pieces: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece)
    })
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
