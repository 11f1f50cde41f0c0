// The same suite on a real broker; its fault cases go through a proxy that loses, delays and refuses.

import { after } from 'node:test'

import { conformanceFaultCases } from './conformance-faults.ts'
import type { BrokerWithFaults, How, WireFault } from './conformance-faults.ts'
import { conformance } from './conformance.ts'
import { apiKeys, KafkaProxy } from './kafka-proxy.ts'
import type { ProxiedRequest, WireAction } from './kafka-proxy.ts'
import { refusal } from './kafka-refusals.ts'
import { kafkaJsHarness } from './kafkajs-harness.ts'

const brokers = (process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',')

/** How long a slow disk may keep a broker from answering; no case of the plain suite waits for it. */
const stallMsMax = 60_000
/** Long enough for a slow machine to answer, short enough to wait for what never comes. */
const lossNoticedMs = 3000

const proxy = await KafkaProxy.start(brokers)
after(() => proxy.close())

function fits(fault: WireFault, { apiKey, transactionalId, body }: ProxiedRequest): boolean {
  if (apiKey !== apiKeys[fault.api] || transactionalId !== fault.transactionalId) return false
  return transactionalId !== null || body.includes(fault.topic)
}

function actionOf(how: How, request: ProxiedRequest, answered: () => void): WireAction {
  switch (how.kind) {
    case 'request lost':
      return { kind: 'lose request' }
    case 'answer lost':
      return { kind: 'lose answer' }
    case 'cut before':
    case 'cut after':
      return { kind: 'cut', after: how.kind === 'cut after' }
    case 'late':
    case 'slow request':
      return { kind: 'delay request', until: how.until, cut: how.kind === 'late', answered }
    case 'slow answer':
      return { kind: 'delay answer', until: how.until }
    case 'refused':
      return refusal(request, how.error, how.of)
  }
}

function strike(fault: WireFault): { struck: Promise<void>; answered: Promise<void> } {
  let answer = (): void => {}
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  const struck = new Promise<void>(resolve => {
    const remove = proxy.add(request => {
      if (!fits(fault, request)) return null
      remove()
      resolve()
      return actionOf(fault.how, request, answer)
    })
  })
  return { struck, answered }
}

const faulty: BrokerWithFaults = {
  ...kafkaJsHarness({ brokers: proxy.brokers, requestTimeoutMs: lossNoticedMs }, brokers),
  transactionTimeoutMs: 1000,
  strike,
}

conformance('kafkajs adapter', () =>
  Promise.resolve(kafkaJsHarness({ brokers, requestTimeoutMs: stallMsMax })),
)
conformanceFaultCases('kafkajs adapter', () => Promise.resolve(faulty))
