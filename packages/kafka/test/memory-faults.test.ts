// Faults only the in-memory broker can have one by one: markers that come late, a part of a send that is
// lost, and long random sequences of everything.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { FleetError, systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { createMemoryBroker } from '../src/index.ts'
import type { MemoryBroker } from '../src/index.ts'
import { faultPlan } from '../src/memory-faults.ts'
import type { MemoryRequest, PlannedFault, RequestFate } from '../src/memory-faults.ts'
import { everywhere, isLost, lastStable, valuesSeen } from './conformance-harness.ts'

const topic = 'a'
const transactionalId = 't'

function brokerWith(faults: PlannedFault[], clock: Clock = systemClock): MemoryBroker {
  return createMemoryBroker({
    topics: [topic, 'b'],
    partitions: 3,
    faults: faultPlan(faults),
    requestTimeoutMs: 20,
    clock,
  })
}

const seen = (...values: string[]): string[][] => [values, values, values]

function gate(): { until: Promise<void>; open: () => void } {
  let open = (): void => {}
  const until = new Promise<void>(resolve => {
    open = resolve
  })
  return { until, open }
}

test('late markers hold back readers, the next transaction and the next fence, not the commit', async () => {
  const { until, open } = gate()
  const broker = brokerWith([{ api: 'EndTxn', fate: { kind: 'late-markers', until, topic } }])
  const writer = await broker.openWriter({ transactionalId })
  await writer.commit([...everywhere(topic, 'one'), ...everywhere('b', 'one')])
  assert.deepEqual(await valuesSeen(broker, topic), seen())
  assert.deepEqual(await valuesSeen(broker, 'b'), seen('one'))
  assert.deepEqual(await lastStable(broker, topic), [0, 0, 0])
  let waiting = 2
  const second = writer.commit(everywhere(topic, 'two')).finally(() => waiting--)
  const other = broker.openWriter({ transactionalId }).finally(() => waiting--)
  await systemClock.sleep(10)
  assert.equal(waiting, 2)
  open()
  const successor = await other
  const committed = await second.then(
    () => ['two'],
    () => [],
  )
  assert.deepEqual(await valuesSeen(broker, topic), seen('one', ...committed))
  await successor.commit(everywhere(topic, 'three'))
  assert.deepEqual(await valuesSeen(broker, topic), seen('one', ...committed, 'three'))
})

test('a fence waits for the markers of what it aborts', async () => {
  const { until, open } = gate()
  const broker = brokerWith([
    { api: 'InitProducerId', skip: 1, fate: { kind: 'late-markers', until } },
  ])
  const writer = await broker.openWriter({ transactionalId })
  broker.writeAndVanish(transactionalId, everywhere(topic, 'open'))
  let isFenced = false
  const fence = broker.openWriter({ transactionalId }).finally(() => (isFenced = true))
  await systemClock.sleep(10)
  assert.equal(isFenced, false)
  assert.deepEqual(await lastStable(broker, topic), [0, 0, 0])
  await assert.rejects(writer.commit(everywhere(topic, 'zombie')), isLost)
  open()
  await (await fence).commit(everywhere(topic, 'after'))
  assert.deepEqual(await valuesSeen(broker, topic), seen('after'))
})

// A leader dies or moves: of a send to three partitions each has a fate of its own (reliability F1).
const leaderMoves: [string, ('written' | 'refused' | 'request lost' | 'answer lost')[]][] = [
  ['one moved, the others did not', ['refused', 'written', 'written']],
  ['the last one moved', ['written', 'written', 'refused']],
  ['all moved', ['refused', 'refused', 'refused']],
  ['one leader died before it wrote', ['request lost', 'written', 'written']],
  ['one leader died after it wrote', ['answer lost', 'written', 'written']],
  ['one moved, another died after it wrote', ['refused', 'answer lost', 'written']],
  ['all died, one of them before it wrote', ['answer lost', 'request lost', 'answer lost']],
]

for (const [what, fates] of leaderMoves) {
  test(`leader moves during a send, ${what}: nothing of it is seen, nothing is doubled`, async () => {
    const kinds: Record<string, RequestFate> = {
      written: { kind: 'deliver' },
      refused: { kind: 'refuse', error: 'NOT_LEADER_OR_FOLLOWER' },
      'request lost': { kind: 'lose-request' },
      'answer lost': { kind: 'lose-answer' },
    }
    const faults = fates.map((fate, partition): PlannedFault => ({
      api: 'Produce',
      partition,
      fate: kinds[fate] ?? assert.fail(fate),
    }))
    const broker = brokerWith(faults)
    const writer = await broker.openWriter({ transactionalId })
    await assert.rejects(writer.commit(everywhere(topic, 'moved')), isLost)
    const successor = await broker.openWriter({ transactionalId })
    assert.deepEqual(await valuesSeen(broker, topic), seen())
    await successor.commit(everywhere(topic, 'again'))
    assert.deepEqual(await valuesSeen(broker, topic), seen('again'))
  })
}

/** Time that passes when nobody has anything else to do. */
function hurriedClock(): Clock {
  return {
    ...systemClock,
    sleep: () => new Promise(resolve => setImmediate(resolve)),
    after: (_, callback) => {
      let turns = 12
      let isCancelled = false
      const turn = (): void => {
        if (isCancelled) return
        if (turns-- === 0) callback()
        else setImmediate(turn)
      }
      turn()
      return () => (isCancelled = true)
    },
  }
}

const apis: MemoryRequest['api'][] = ['InitProducerId', 'AddPartitionsToTxn', 'Produce', 'EndTxn']

const anyFault = fc.record({
  api: fc.constantFrom(...apis),
  skip: fc.nat(3),
  kind: fc.constantFrom(
    'lose-request' as const,
    'lose-answer' as const,
    'delay-request' as const,
    'delay-answer' as const,
    'late-markers' as const,
    'refuse' as const,
  ),
  turns: fc.nat(30),
})

async function turnsPass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Asked when the request is sent, so that a delay begins then. */
function lazily(fault: { kind: RequestFate['kind']; turns: number }): RequestFate {
  switch (fault.kind) {
    case 'refuse':
      return { kind: 'refuse', error: 'NOT_LEADER_OR_FOLLOWER' }
    case 'delay-request':
    case 'delay-answer':
    case 'late-markers':
      return { kind: fault.kind, until: turnsPass(fault.turns) }
    case 'deliver':
    case 'lose-request':
    case 'lose-answer':
      return { kind: fault.kind }
  }
}

test('whatever is lost, late or refused: every commit is seen once or, if it was lost, never', async () => {
  const property = fc.asyncProperty(fc.array(anyFault, { maxLength: 12 }), async faults => {
    const planned = faults.map(({ api, skip, ...fault }): PlannedFault => ({
      api,
      skip,
      get fate() {
        return lazily(fault)
      },
    }))
    const broker = createMemoryBroker({
      topics: [topic],
      partitions: 3,
      faults: faultPlan(planned),
      clock: hurriedClock(),
    })
    let next = 0
    let lost = 0
    while (next < 8) {
      // As a task does: fence, read back, go on behind what is there.
      const writer = await broker.openWriter({ transactionalId }).catch(ifLost)
      if (writer === null) {
        assert.ok(lost++ < 50, 'no end in sight')
        continue
      }
      const known = await valuesSeen(broker, topic)
      assert.deepEqual(known[1], known[0])
      assert.deepEqual(known[2], known[0])
      next = known[0]?.length ?? 0
      while (next < 8 && (await writer.commit(everywhere(topic, `${next}`)).catch(ifLost))) next++
    }
    // What was delayed arrives, and changes nothing.
    await turnsPass(40)
    assert.deepEqual(await valuesSeen(broker, topic), seen(...'01234567'.split('')))
  })
  await fc.assert(property, { numRuns: 300 })
})

function ifLost(error: unknown): null {
  if (error instanceof FleetError && error.code === 'TRANSACTION_LOST') return null
  throw error
}
