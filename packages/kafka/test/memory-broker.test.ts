import { createMemoryBroker } from '../src/index.ts'
import { faultPlan } from '../src/memory-faults.ts'
import type { PlannedFault, RequestFate } from '../src/memory-faults.ts'
import type { MemoryBroker } from '../src/memory-broker.ts'
import { conformanceFaultCases } from './conformance-faults.ts'
import type { BrokerWithFaults, How, WireFault } from './conformance-faults.ts'
import type { Harness } from './conformance-harness.ts'
import { conformance } from './conformance.ts'

function harness(broker: MemoryBroker): Harness {
  return {
    broker,
    vanishMidTransaction: async (transactionalId, records) => {
      broker.initProducer({ transactionalId })
      broker.writeAndVanish(transactionalId, records)
      await Promise.resolve()
    },
    deleteBefore: (topic, partition, offset) => {
      broker.log({ topic, partition }).deleteBefore(offset)
      return Promise.resolve()
    },
  }
}

function fateOf(how: How): RequestFate {
  switch (how.kind) {
    case 'request lost':
    case 'cut before':
      return { kind: 'lose-request' }
    case 'answer lost':
    case 'cut after':
      return { kind: 'lose-answer' }
    case 'late':
    case 'slow request':
      return { kind: 'delay-request', until: how.until }
    case 'slow answer':
      return { kind: 'delay-answer', until: how.until }
    case 'refused':
      return { kind: 'refuse', error: how.error }
  }
}

function planned({ api, transactionalId, topic, how }: WireFault): PlannedFault[] {
  if (transactionalId === null) return [{ api: 'Append', topic, fate: fateOf(how) }]
  const fault = { api, transactionalId, fate: fateOf(how) }
  if (how.kind !== 'refused' || how.of === undefined) return [fault]
  return how.of.map(partition => ({ ...fault, topic, partition }))
}

function faultyBroker(): BrokerWithFaults {
  const faults: PlannedFault[] = []
  const broker = createMemoryBroker({ faults: faultPlan(faults), requestTimeoutMs: 300 })
  return {
    ...harness(broker),
    transactionTimeoutMs: 50,
    strike: fault => {
      const { how } = fault
      const until = 'until' in how ? how.until : Promise.resolve()
      let sent = (): void => {}
      const struck = new Promise<void>(resolve => {
        sent = resolve
      })
      for (const one of planned(fault)) {
        faults.push({
          ...one,
          get fate() {
            sent()
            return one.fate
          },
        })
      }
      const answered = until.then(() => new Promise<void>(resolve => setImmediate(resolve)))
      return { struck, answered }
    },
  }
}

conformance('memory broker', () => Promise.resolve(harness(createMemoryBroker())))
conformanceFaultCases('memory broker', () => Promise.resolve(faultyBroker()))
