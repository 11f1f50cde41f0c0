// The loop on a real broker while its processes are frozen, killed and stopped under load, on topics of
// its own. Judged by Kafka's Java client: every input took effect once, in order, nothing else did.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord, DeadLetter, ReservationEvent } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Appender } from '@fleet/kafka'
import { fateOf, systemClock } from '@fleet/runtime'
import { readCommitted } from '../../../test/support/committed-reader.ts'
import type { JudgedRecord } from '../../../test/support/committed-reader.ts'
import { reservationEvent } from './counting-stage.ts'
import { topicsUsed } from './counting-topics.ts'
import { prefixed } from './prefixed-broker.ts'

const brokers = process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092'
const partitions = 4
const sessionTimeoutMs = 6000
const deadlineMs = 60_000
const program = fileURLToPath(new URL('counting-process.ts', import.meta.url))
const prefix = `stage-test.${randomUUID()}.`

interface Member {
  child: ChildProcess
  /** Partitions by assignment, oldest first. */
  assigned: number[][]
  exited: Promise<number | null>
}

function startMember(): Member {
  const args = ['--import', 'tsx', program, brokers, prefix, String(sessionTimeoutMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const assigned: number[][] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const entry = JSON.parse(line) as { event?: string; partitions?: number[] }
      if (entry.event === 'group.assigned') assigned.push(entry.partitions ?? [])
    }
  })
  const exited = new Promise<number | null>(resolve => child.on('exit', resolve))
  return { child, assigned, exited }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    assert.ok(performance.now() < end, `timed out: ${what}`)
    await systemClock.sleep(50)
  }
}

/** Repeats what Kafka refuses for now. */
async function patiently(attempt: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + deadlineMs
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (fateOf(error) !== 'transient' || performance.now() > end) throw error
      await systemClock.sleep(50)
    }
  }
}

const redrive = topics.redrive.name

const owns = ({ assigned }: Member, count: number): boolean => assigned.at(-1)?.length === count

/** Feeds good and undecodable records, about 400 a second, until told to stop. */
function feed(appender: Appender, codec: Codec): { fed: () => number; stop: () => Promise<void> } {
  const stopping = new AbortController()
  let fed = 0
  const append = async (n: number): Promise<void> => {
    const isBad = n % 25 === 0
    const key = resourceKey('t', 'reservation', `r${n % 17}`)
    // A new topic's leader may not be there yet; the judge reads what really was written.
    await patiently(() =>
      appender.append({
        topic: (isBad ? topics.events.incident : topics.events.reservation).name,
        partition: partitionOf(key, partitions),
        key,
        value: isBad
          ? Buffer.from(`bad ${n}`)
          : codec.encode(topics.events.reservation, reservationEvent(`e${n}`)),
      }),
    )
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await Promise.all(Array.from({ length: 20 }, () => append(++fed)))
      await systemClock.sleep(50, stopping.signal)
    }
  }
  const running = run()
  return {
    fed: () => fed,
    stop: () => {
      stopping.abort()
      return running
    },
  }
}

interface Verdict {
  expected: string[]
  outcome: string[]
}

/** Per partition: what each input should have led to, and what is there. */
function verdicts(all: readonly JudgedRecord[], codec: Codec): Verdict[] {
  const of = (topic: string, partition: number): JudgedRecord[] =>
    all.filter(record => record.topic === prefix + topic && record.partition === partition)
  const bytes = ({ value }: JudgedRecord): Buffer => value ?? Buffer.alloc(0)
  return Array.from({ length: partitions }, (_, partition) => {
    const counts = new Map<string | null, number>()
    const expected = of(topics.events.reservation.name, partition).map(record => {
      const { event_id } = codec.decode(
        topics.events.reservation,
        bytes(record),
      ) as ReservationEvent
      const count = (counts.get(record.key) ?? 0) + 1
      counts.set(record.key, count)
      return `${record.key} ${event_id} ${count}`
    })
    const found = of(topics.crm.name, partition).map(record => {
      const { event_id, status } = codec.decode(topics.crm, bytes(record)) as CrmRecord
      return `${record.key} ${event_id} ${status}`
    })
    const bad = of(topics.events.incident.name, partition).map(({ offset }) => `bad ${offset}`)
    const letters = of(topics.deadLetters['crm-sink'].name, partition).map(record => {
      const letter = codec.decode(topics.deadLetters['crm-sink'], bytes(record)) as DeadLetter
      return `bad ${letter.origin.offset}`
    })
    return { expected: [...expected, ...bad], outcome: [...found, ...letters] }
  })
}

test('frozen, killed and stopped processes lose nothing, repeat nothing and keep the order', async () => {
  const broker = prefixed(
    connectKafka({ brokers: brokers.split(','), clientId: 'stage-test' }),
    prefix,
  )
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  for (const topic of topicsUsed) await codec.load([topic])
  const admin = await broker.openAdmin()
  await admin.createTopics(
    topicsUsed.map(({ name, maxMessageBytes }) => ({
      name,
      partitions,
      replicationFactor: 1,
      config: {
        'message.timestamp.type': 'LogAppendTime',
        'max.message.bytes': String(maxMessageBytes),
      },
    })),
  )
  const appender = await broker.openAppender()
  const load = feed(appender, codec)
  const members: Member[] = []
  try {
    // Both at once: each join disturbs the other's.
    const first = startMember()
    const second = startMember()
    members.push(first, second)
    await until('both work', () => owns(first, 2) && owns(second, 2))

    first.child.kill('SIGSTOP')
    await until('the other takes over', () => owns(second, partitions))
    const generations = first.assigned.length
    first.child.kill('SIGCONT')
    await until('the frozen one comes back', () => first.assigned.length > generations)
    await until('they share again', () => owns(first, 2) && owns(second, 2))

    second.child.kill('SIGKILL')
    const third = startMember()
    members.push(third)
    await until('a new one takes its place', () => owns(third, 2))
    first.child.kill('SIGTERM')
    assert.equal(await first.exited, 0)
    await until('the last one has all', () => owns(third, partitions))

    await load.stop()
    const judged = topicsUsed.filter(({ schema, name }) => schema !== null && name !== redrive)
    const names = judged.map(({ name }) => prefix + name)
    let found: Verdict[] = []
    await until('all inputs are processed', async () => {
      found = verdicts(await readCommitted(brokers, names), codec)
      return found.every(({ expected, outcome: { length } }) => length >= expected.length)
    })
    third.child.kill('SIGTERM')
    assert.equal(await third.exited, 0)
    for (const { expected, outcome } of found) {
      assert.ok(expected.length > 100, `${expected.length} records are too few to tell`)
      assert.deepEqual(outcome, expected)
    }
  } finally {
    for (const { child } of members) child.kill('SIGKILL')
    await load.stop().catch(() => {})
    await appender.close()
    await admin.close()
  }
})
