// Conformance under faults: whatever becomes of a writer's requests, commit() either resolves or rejects
// TRANSACTION_LOST, a writer that rejected is dead, and the fence after it leaves all of a transaction
// or nothing. One list of cases for both brokers.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Broker, TransactionalWriter } from '../src/index.ts'
import {
  deadlineMs,
  everywhere,
  hasCode,
  isLost,
  lastStable,
  partitions,
  record,
  valuesSeen,
  withTopic,
} from './conformance-harness.ts'
import type { Harness } from './conformance-harness.ts'

export type FaultyApi = 'InitProducerId' | 'AddPartitionsToTxn' | 'Produce' | 'EndTxn'

export type How =
  /** The client waits in vain. */
  | { kind: 'request lost' | 'answer lost' }
  /** The client's connection ends before or after the broker has done what was asked. */
  | { kind: 'cut before' | 'cut after' }
  /** The request arrives then, when its client has given up. */
  | { kind: 'late'; until: Promise<void> }
  /** It takes until then, which the client waits for. */
  | { kind: 'slow request' | 'slow answer'; until: Promise<void> }
  /** The client hears an error; for Produce, of these partitions only. */
  | { kind: 'refused'; error: string; of?: readonly number[] }

export interface WireFault {
  api: FaultyApi
  /** Null: of an appender. */
  transactionalId: string | null
  topic: string
  how: How
}

export interface BrokerWithFaults extends Harness {
  /**
   * Strikes the next such request: `struck` resolves when it is sent, `answered` when the broker has
   * dealt with a late one.
   */
  strike(fault: WireFault): { struck: Promise<void>; answered: Promise<void> }
  /** A transaction timeout after which the broker acts soon. */
  transactionTimeoutMs: number
}

type Seen = 'nothing' | 'everything'
type Outcome = 'commits' | Seen

interface Case {
  api: Exclude<FaultyApi, 'InitProducerId'>
  how: How['kind']
  error?: string
  of?: readonly number[]
  /** A late request arrives before the next writer's fence, not after it. */
  beforeFence?: boolean
  outcome: Outcome
}

const commitCases: readonly Case[] = [
  ...(['AddPartitionsToTxn', 'Produce'] as const).flatMap(api =>
    (['request lost', 'answer lost', 'cut before', 'cut after', 'late'] as const).map(
      (how): Case => ({ api, how, outcome: 'nothing' }),
    ),
  ),
  ...(['AddPartitionsToTxn', 'Produce', 'EndTxn'] as const).flatMap(api =>
    (['slow request', 'slow answer'] as const).map((how): Case => ({
      api,
      how,
      outcome: 'commits',
    })),
  ),
  { api: 'EndTxn', how: 'request lost', outcome: 'nothing' },
  { api: 'EndTxn', how: 'cut before', outcome: 'nothing' },
  { api: 'EndTxn', how: 'answer lost', outcome: 'everything' },
  { api: 'EndTxn', how: 'cut after', outcome: 'everything' },
  { api: 'EndTxn', how: 'late', outcome: 'nothing' },
  { api: 'EndTxn', how: 'late', beforeFence: true, outcome: 'everything' },
  {
    api: 'AddPartitionsToTxn',
    how: 'refused',
    error: 'CONCURRENT_TRANSACTIONS',
    outcome: 'commits',
  },
  { api: 'AddPartitionsToTxn', how: 'refused', error: 'NOT_COORDINATOR', outcome: 'commits' },
  {
    api: 'AddPartitionsToTxn',
    how: 'refused',
    error: 'INVALID_PRODUCER_EPOCH',
    outcome: 'nothing',
  },
  { api: 'EndTxn', how: 'refused', error: 'CONCURRENT_TRANSACTIONS', outcome: 'nothing' },
  { api: 'EndTxn', how: 'refused', error: 'NOT_COORDINATOR', outcome: 'nothing' },
  { api: 'EndTxn', how: 'refused', error: 'INVALID_PRODUCER_EPOCH', outcome: 'nothing' },
  // The leader moved between the metadata and the request: part of a send is acknowledged, part not.
  ...[[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]].map((of): Case => ({
    api: 'Produce',
    how: 'refused',
    error: 'NOT_LEADER_OR_FOLLOWER',
    of,
    outcome: 'nothing',
  })),
  { api: 'Produce', how: 'refused', error: 'NOT_ENOUGH_REPLICAS', of: [1], outcome: 'nothing' },
]

function titleOf({ api, how, error, of, beforeFence, outcome }: Case): string {
  const what =
    how === 'refused' ? `${error}${of === undefined ? '' : ` for ${of.join(', ')}`}` : how
  const when =
    how === 'late' ? ` (${beforeFence === true ? 'before' : 'after'} the next fence)` : ''
  const then = outcome === 'commits' ? 'the commit takes place' : `a reader sees ${outcome} of it`
  return `${api}, ${what}${when}: ${then}`
}

/** A promise and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

async function soon(open: () => void): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  open()
}

function howOf(one: Case, until: Promise<void>): How {
  switch (one.how) {
    case 'late':
    case 'slow request':
    case 'slow answer':
      return { kind: one.how, until }
    case 'refused':
      return {
        kind: one.how,
        error: one.error ?? '',
        ...(one.of === undefined ? {} : { of: one.of }),
      }
    case 'request lost':
    case 'answer lost':
    case 'cut before':
    case 'cut after':
      return { kind: one.how }
  }
}

async function assertSeen(broker: Broker, topic: string, values: readonly string[]): Promise<void> {
  assert.deepEqual(await valuesSeen(broker, topic), Array(partitions).fill(values))
}

async function commitUnderFault(faulty: BrokerWithFaults, one: Case): Promise<void> {
  const { broker } = faulty
  const topic = await withTopic(broker, 'faults')
  const transactionalId = `t.${topic}`
  const writer = await broker.openWriter({ transactionalId })
  await writer.commit(everywhere(topic, 'first'))
  const { opened, open } = gate()
  const fault = faulty.strike({ api: one.api, transactionalId, topic, how: howOf(one, opened) })
  const commit = writer.commit(everywhere(topic, 'second'))
  if (one.outcome === 'commits') {
    await Promise.all([commit, soon(open)])
    await writer.commit(everywhere(topic, 'third'))
    await assertSeen(broker, topic, ['first', 'second', 'third'])
    return writer.close()
  }
  await assert.rejects(commit, isLost)
  await assert.rejects(writer.commit(everywhere(topic, 'from the dead')), isLost)
  if (one.beforeFence === true) {
    open()
    await fault.answered
  }
  const successor = await broker.openWriter({ transactionalId })
  const decided = one.outcome === 'everything' ? ['first', 'second'] : ['first']
  await assertSeen(broker, topic, decided)
  // What comes late comes at the worst time: all of the next transaction is written, not yet committed.
  const held = gate()
  const how: How = { kind: 'slow request', until: held.opened }
  const end = faulty.strike({ api: 'EndTxn', transactionalId, topic, how })
  const third = successor.commit(everywhere(topic, 'third'))
  await end.struck
  open()
  if (one.how === 'late') await fault.answered
  await assertSeen(broker, topic, decided)
  held.open()
  await third
  await assertSeen(broker, topic, [...decided, 'third'])
  await Promise.all([writer.close(), successor.close()])
}

async function fenceUnderFault(faulty: BrokerWithFaults, how: How, opens: boolean): Promise<void> {
  const { broker } = faulty
  const topic = await withTopic(broker, 'fence-faults')
  const transactionalId = `t.${topic}`
  await faulty.vanishMidTransaction(transactionalId, everywhere(topic, 'open'))
  faulty.strike({ api: 'InitProducerId', transactionalId, topic, how })
  const opening = broker.openWriter({ transactionalId })
  let writer: TransactionalWriter
  if (opens) writer = await opening
  else {
    await assert.rejects(opening, isLost)
    writer = await broker.openWriter({ transactionalId })
  }
  await writer.commit(everywhere(topic, 'after'))
  await assertSeen(broker, topic, ['after'])
  await writer.close()
}

/** A fence that arrives late puts out the writer that came after it, and does no other harm. */
async function lateFence(faulty: BrokerWithFaults): Promise<void> {
  const { broker } = faulty
  const topic = await withTopic(broker, 'late-fence')
  const transactionalId = `t.${topic}`
  const { opened, open } = gate()
  const how: How = { kind: 'late', until: opened }
  const fault = faulty.strike({ api: 'InitProducerId', transactionalId, topic, how })
  await assert.rejects(broker.openWriter({ transactionalId }), isLost)
  const writer = await broker.openWriter({ transactionalId })
  open()
  await fault.answered
  await assert.rejects(writer.commit(everywhere(topic, 'a')), isLost)
  const successor = await broker.openWriter({ transactionalId })
  await successor.commit(everywhere(topic, 'b'))
  await assertSeen(broker, topic, ['b'])
  await Promise.all([writer.close(), successor.close()])
}

/** The broker ends what takes too long, and the writer that wakes up finds itself fenced. */
async function timedOut(faulty: BrokerWithFaults): Promise<void> {
  const { broker, transactionTimeoutMs } = faulty
  const topic = await withTopic(broker, 'timeout')
  const transactionalId = `t.${topic}`
  const writer = await broker.openWriter({ transactionalId, transactionTimeoutMs })
  const { opened, open } = gate()
  const how: How = { kind: 'slow request', until: opened }
  faulty.strike({ api: 'EndTxn', transactionalId, topic, how })
  const commit = assert.rejects(writer.commit(everywhere(topic, 'slow')), isLost)
  const until = performance.now() + deadlineMs
  // A record and the marker that aborts it.
  while ((await lastStable(broker, topic)).some(offset => offset < 2)) {
    assert.ok(performance.now() < until, 'the broker did not end the transaction')
    await new Promise(resolve => setImmediate(resolve))
  }
  open()
  await commit
  const successor = await broker.openWriter({ transactionalId })
  await successor.commit(everywhere(topic, 'after'))
  await assertSeen(broker, topic, ['after'])
  await Promise.all([writer.close(), successor.close()])
}

/** As a task does: after a loss, fence, read back what was committed, go on behind it. */
async function taskUnderFaults(faulty: BrokerWithFaults): Promise<void> {
  const { broker } = faulty
  const topic = await withTopic(broker, 'task')
  const transactionalId = `t.${topic}`
  const faults = commitCases.filter(({ how }) => how.startsWith('cut') || how === 'refused')
  const last = faults.length
  let writer = await broker.openWriter({ transactionalId })
  let next = 0
  for (let turn = 0; next <= last; turn++) {
    assert.ok(turn < 3 * last, 'no end in sight')
    const one = faults[turn]
    if (one !== undefined) {
      faulty.strike({ api: one.api, transactionalId, topic, how: howOf(one, Promise.resolve()) })
    }
    try {
      await writer.commit(everywhere(topic, `${next}`))
      next++
    } catch (error) {
      assert.ok(isLost(error), String(error))
      await writer.close()
      writer = await broker.openWriter({ transactionalId })
      const [first = []] = await valuesSeen(broker, topic)
      next = first.length
    }
  }
  await writer.close()
  await assertSeen(
    broker,
    topic,
    Array.from({ length: last + 1 }, (_, number) => `${number}`),
  )
}

async function appendUnderFault(faulty: BrokerWithFaults, how: How, seen: Seen): Promise<void> {
  const { broker } = faulty
  const topic = await withTopic(broker, 'append-faults')
  const appender = await broker.openAppender({ requestTimeoutMs: 1000 })
  await appender.append(record(topic, 0, 'first'))
  faulty.strike({ api: 'Produce', transactionalId: null, topic, how })
  const append = appender.append(record(topic, 0, 'second'))
  await assert.rejects(append, hasCode('APPEND_UNKNOWN', 'APPEND_FAILED'))
  assert.equal(appender.healthy, false)
  await appender.append(record(topic, 0, 'third'))
  assert.equal(appender.healthy, true)
  const second = seen === 'everything' ? ['second'] : []
  assert.deepEqual((await valuesSeen(broker, topic))[0], ['first', ...second, 'third'])
  await appender.close()
}

export function conformanceFaultCases(name: string, open: () => Promise<BrokerWithFaults>): void {
  // Most of each test is waiting for an answer that does not come.
  void describe(`${name} under faults`, { concurrency: 8 }, () => {
    for (const one of commitCases) {
      void test(titleOf(one), async () => commitUnderFault(await open(), one))
    }
    for (const kind of ['request lost', 'answer lost', 'cut before', 'cut after'] as const) {
      void test(`InitProducerId, ${kind}: the next fence decides what was open`, async () =>
        fenceUnderFault(await open(), { kind }, false))
    }
    for (const error of ['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS']) {
      void test(`InitProducerId, ${error}: the fence waits`, async () =>
        fenceUnderFault(await open(), { kind: 'refused', error }, true))
    }
    void test('InitProducerId, late: the writer after it is lost, nothing else', async () =>
      lateFence(await open()))
    void test('a transaction that takes longer than its timeout is aborted', async () =>
      timedOut(await open()))
    void test('a task that fences and reads back after each loss writes everything once', async () =>
      taskUnderFaults(await open()))
    const appends: [
      How['kind'] & ('request lost' | 'answer lost' | 'cut before' | 'cut after'),
      Seen,
    ][] = [
      ['request lost', 'nothing'],
      ['answer lost', 'everything'],
      ['cut before', 'nothing'],
      ['cut after', 'everything'],
    ]
    for (const [kind, seen] of appends) {
      void test(`an append, ${kind}: it is refused or unknown, and ${seen} of it is there`, async () =>
        appendUnderFault(await open(), { kind }, seen))
    }
  })
}
