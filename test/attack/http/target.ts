// The edge under attack, in a process of its own: with limits so short that each is reached within a
// second, and a log that does what the attacker's side says. Started by target-process.ts.

import { createHash } from 'node:crypto'
import {
  closeEdges,
  levy,
  openEdge,
  smartcar,
  standardWebhooks,
} from '../../../services/ingester/test/edge-harness.ts'
import { targetSettings } from './target-settings.ts'

type Append = 'acknowledge' | 'refuse' | 'hang'

let append: Append = 'acknowledge'
let appends = 0
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const edge = await openEdge({
  env: targetSettings,
  limits: { timeoutCheckMs: 25 },
  endpoints: [
    levy,
    smartcar,
    standardWebhooks,
    { ...levy, id: 'off', enabled: false },
    { ...levy, id: 'limited', limits: { per_second: 2 } },
    { ...levy, id: 'small', limits: { body_bytes: 500 } },
  ],
  append: () => {
    appends += 1
    if (append === 'acknowledge') return Promise.resolve({ offset: appends })
    if (append === 'hang') return new Promise(() => {})
    return Promise.reject(new Error('the leader is not known'))
  },
})

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
