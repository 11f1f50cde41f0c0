// The edge under attack, in a process of its own: with limits so short that each is reached within a
// second, and a log that does what the attacker's side says. Started by target-process.ts.

import { createHash } from 'node:crypto'
import { createLogger } from '@fleet/telemetry'
import {
  closeEdges,
  eventually,
  levy,
  levyBody,
  openEdge,
  post,
  smartcar,
  standardWebhooks,
} from '../../../services/ingester/test/edge-harness.ts'
import { headerKey, senderKey, targetSettings } from './target-settings.ts'

type Append = 'acknowledge' | 'refuse' | 'hang'

let append: Append = 'acknowledge'
let appends = 0
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const hashed = (key: string): string => `sha256:${sha256(Buffer.from(key))}`

const lines: string[] = []
const destination = { write: (line: string): unknown => lines.push(line) }

const edge = await openEdge({
  logger: createLogger('edge', { level: 'debug', destination }),
  env: targetSettings,
  limits: { timeoutCheckMs: 25 },
  endpoints: [
    levy,
    smartcar,
    standardWebhooks,
    { ...levy, id: 'off', enabled: false },
    { ...levy, id: 'limited', limits: { per_second: 2 } },
    { ...levy, id: 'small', limits: { body_bytes: 500 } },
    keyed('keyed', {}),
    keyed('keyed-too', { api_key_header: 'X-Sender-Key' }),
    keyed('keyed-limited', { limits: { per_second: 2 } }),
  ],
  append: () => {
    appends += 1
    if (append === 'acknowledge') return Promise.resolve({ offset: appends })
    if (append === 'hang') return new Promise(() => {})
    return Promise.reject(new Error('the leader is not known'))
  },
})

edge.files.secret('keyed', hashed(senderKey))
edge.files.secret('keyed-limited', hashed(senderKey))
edge.files.secret('keyed-too', hashed(headerKey))

// The edge looks at its files once a second.
await eventually(async () => {
  const ids = ['keyed', 'keyed-limited']
  const headers = { authorization: `Bearer ${senderKey}` }
  const warm = await Promise.all(ids.map(id => post(edge, id, levyBody('warm'), headers)))
  return warm.every(({ status }) => status === 200 || status === 429)
})

/** An endpoint whose senders can't sign. */
function keyed(id: string, more: Record<string, unknown>) {
  const secrets = [{ id: 'k1', ref: `file:${id}` }]
  const rest = { tenant_id: 'acme', source: 'levy', adapter: 'generic', auth: 'api-key' }
  return { id, ...rest, secrets, ...more }
}

const answers: Record<string, (to: string) => unknown> = {
  append: to => {
    append = to as Append
    return null
  },
  appends: () => appends,
  /** What was acknowledged or not, by hash of the body. */
  raw: async () =>
    (await edge.log.raw()).map(({ body, tenant_id, remote_ip }) => ({
      hash: sha256(body),
      tenant: tenant_id,
      address: remote_ip,
    })),
  security: async () =>
    (await edge.log.security()).map(({ reason, remote_ip, endpoint_id }) => ({
      reason,
      address: remote_ip,
      endpoint: endpoint_id,
    })),
  /** Whether the text stands anywhere in what was written or is shown. */
  tells: async text => {
    const records = [...(await edge.log.raw()), ...(await edge.log.security())]
    const bodies = records.map(record => ('body' in record ? record.body : null))
    const shown = JSON.stringify(records.map(record => ({ ...record, body: null })))
    const all = [shown, lines.join(''), await edge.metrics.text(), ...bodies.map(String)]
    return all.some(each => each.includes(text))
  },
  metrics: () => edge.metrics.text(),
  memory: () => {
    globalThis.gc?.()
    return process.memoryUsage().rss
  },
}

process.on('message', (question: { ask: string; to: string; number: number }) => {
  void Promise.resolve(answers[question.ask]?.(question.to)).then(answer =>
    process.send?.({ number: question.number, answer }),
  )
})
// Without the attacker there is no reason to live on.
process.on('disconnect', () => {
  void closeEdges().then(() => process.exit(0))
})
process.send?.({ number: 0, answer: edge.port })
