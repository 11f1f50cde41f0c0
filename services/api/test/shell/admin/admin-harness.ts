// The API with a control plane on the in-memory broker, and requests to it.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ControlPlane, MasterKeys } from '@fleet/control'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Broker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import type { DeadLetterDesk } from '../../../src/shell/dead-letters/desk.ts'
import { createApi } from '../../../src/shell/http-app.ts'

export const masterKey = (id: string, byte: number): string =>
  `${id}:${Buffer.alloc(32, byte).toString('base64')}`

export interface Reply {
  readonly status: number
  readonly etag: string
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export interface Asked {
  key?: string | null
  body?: unknown
  headers?: Record<string, string>
}

export interface AdminApi {
  readonly base: string
  readonly plane: ControlPlane
  readonly broker: Broker
  /** Text of the first admin key. */
  readonly root: string
  readonly lines: string[]
  masterKeys: string
  ask(method: string, path: string, asked?: Asked): Promise<Reply>
  metrics(): Promise<{ text: string }>
  /** PUT of something new; must be done. */
  make(path: string, body: unknown): Promise<Reply>
  close(): Promise<void>
}

export async function openAdminApi({
  isKeyRequired = false,
  deadLetters = null as DeadLetterDesk | null,
  failedLoginsPerMinute = 10_000,
} = {}): Promise<AdminApi> {
  const broker = createMemoryBroker({
    topics: [topics.control.name, topics.controlAudit.name, topics.controlUses.name],
    partitions: 2,
  })
  const lines: string[] = []
  const logger = createLogger('api', {
    level: 'trace',
    destination: { write: line => lines.push(line) },
  })
  const settings = { masterKeys: masterKey('m1', 1) }
  const plane = new ControlPlane({
    broker,
    environment: 'test',
    mode: 'development',
    rotateDays: 90,
    masterKeys: () => MasterKeys.parse(settings.masterKeys),
    clock: systemClock,
    ids: systemIds,
    logger,
  })
  const store = { read: () => Promise.resolve(null), check: () => 'ok' }
  const metrics = createMetrics('api')
  const app = createApi({
    store,
    metrics,
    logger,
    clock: systemClock,
    plane,
    deadLetters: () => deadLetters,
    isKeyRequired,
    failedLoginsPerMinute,
    trustedProxies: ['127.0.0.1/32'],
  })
  const server = createServer(app)
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const root = (await plane.bootstrap('first')) ?? ''
  while (plane.readiness !== 'ok') await systemClock.sleep(5)

  const ask = async (method: string, path: string, asked: Asked = {}): Promise<Reply> => {
    const { key = root, body, headers = {} } = asked
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      headers: response.headers,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
    }
  }
  return {
    base,
    plane,
    broker,
    root,
    lines,
    get masterKeys() {
      return settings.masterKeys
    },
    set masterKeys(text) {
      settings.masterKeys = text
    },
    ask,
    metrics: async () => ({ text: await metrics.text() }),
    make: async (path, body) => {
      const reply = await ask('PUT', path, { body, headers: { 'if-none-match': '*' } })
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      return reply
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
      await plane.close()
    },
  }
}

export const levy = {
  source: 'levy',
  adapter: 'generic',
  signature: { header: 'x-levy-signature' },
}
