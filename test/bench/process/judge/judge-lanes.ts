// Reads what each lane wrote and judges it: the full lane's framed Avro with avsc, the equal lane's JSON
// as it is, and the positions each lane's changelog holds.

import avro from 'avsc'

import { memoryRegistry } from '@fleet/codec'
import { partitionOf, topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

import { withAdmin } from '../bench-kafka.ts'
import { eventDomains } from '../events.ts'
import { committedRecords } from './committed-lines.ts'
import type { Expected } from './expected.ts'
import { Judge } from './judge.ts'
import type { Reading, Verdict } from './judge.ts'

export interface Judged extends Verdict {
  /** From the first record of the changelog to the last, by the broker's clock. */
  readonly spanS: number | null
}

interface JudgedLane {
  readonly brokers: string
  readonly partitions: number
  readonly expected: Expected
}

export async function judgeFull(lane: JudgedLane): Promise<Judged> {
  const decode = await avroReader()
  const domainOfTopic = new Map<string, string>(
    Object.entries(topics.events).map(([domain, { name }]) => [name, domain]),
  )
  const judge = new Judge(lane.expected, {
    domainOf: topic => domainOfTopic.get(topic) ?? null,
    eventIdOf: value => String(decode(value)['event_id']),
    newestOf: ({ key, value }) => newestInState(key, value === null ? null : decode(value)),
    partitionOf: key => partitionOf(key, lane.partitions),
  })
  const outputs = [...domainOfTopic.keys(), topics.state.name]
  for await (const record of committedRecords(lane.brokers, outputs)) judge.see(record)
  const letters = [topics.deadLetters.processor.name]
  for await (const _ of committedRecords(lane.brokers, letters)) judge.count('dead_letter')
  const spanS = await judgeChangelog(judge, lane, 'processor', topics.raw.name)
  return { ...judge.verdict(), spanS }
}

export async function judgeEqual(lane: JudgedLane, outputPrefix: string): Promise<Judged> {
  const json = (value: Buffer | null): Record<string, string> =>
    JSON.parse(value?.toString('utf8') ?? '{}') as Record<string, string>
  const reading: Reading = {
    domainOf: topic => (topic.endsWith('lww') ? null : topic.slice(outputPrefix.length)),
    eventIdOf: value => json(value)['event_id'] ?? '',
    newestOf: ({ key, value }) => ({ resource: key, eventId: json(value)['event_id'] ?? null }),
    partitionOf: key => partitionOf(key, lane.partitions),
  }
  const judge = new Judge(lane.expected, reading)
  const outputs = [...eventDomains, 'lww'].map(name => `${outputPrefix}${name}`)
  for await (const record of committedRecords(lane.brokers, outputs)) judge.see(record)
  return { ...judge.verdict(), spanS: null }
}

/** Key `tenant/type/id`; the one register is that of the resource's type. */
function newestInState(key: string, state: Record<string, unknown> | null) {
  const [, type = '', resource = ''] = key.split('/')
  const registers = (state?.['registers'] ?? {}) as Record<string, { event_id: string }>
  return { resource, eventId: registers[type]?.event_id ?? null }
}

/**
 * The positions in the changelog are where a restart would go on: all of the input must be behind them.
 * Returns the seconds from the first record to the last.
 */
export async function judgeChangelog(
  judge: Judge,
  { brokers }: Pick<JudgedLane, 'brokers'>,
  stage: StageName,
  input: string,
): Promise<number | null> {
  const positions = new Map<number, number>()
  let firstMs = Infinity
  let lastMs = -Infinity
  const changelog = topics.changelogs[stage].name
  for await (const { key, partition, timestampMs, value } of committedRecords(brokers, [
    changelog,
  ])) {
    firstMs = Math.min(firstMs, timestampMs)
    lastMs = Math.max(lastMs, timestampMs)
    if (key !== '!progress' || value === null) continue
    const progress = JSON.parse(value.toString('utf8')) as { positions: Record<string, number> }
    positions.set(partition, progress.positions[input] ?? 0)
  }
  await withAdmin(brokers, async admin => {
    for (const { partition, lastStable } of await admin.offsets(input)) {
      judge.count('not_committed', Math.abs(lastStable - (positions.get(partition) ?? 0)))
    }
  })
  return lastMs > firstMs ? (lastMs - firstMs) / 1000 : null
}

/** Not our codec: what it wrote must be readable without it. */
async function avroReader(): Promise<(value: Buffer) => Record<string, unknown>> {
  const registry = memoryRegistry()
  const types = new Map<number, avro.Type>()
  for (let id = 1; ; id++) {
    const text = await registry.findSchema(id)
    if (text === null) break
    const schema = JSON.parse(text) as avro.Schema
    types.set(id, avro.Type.forSchema(schema, { wrapUnions: false }))
  }
  return value => {
    const type = types.get(value.readInt32BE(1))
    if (type === undefined) throw new Error('a record has a schema id that was never given')
    return type.fromBuffer(value.subarray(5)) as Record<string, unknown>
  }
}
