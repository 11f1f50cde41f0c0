import assert from 'node:assert/strict'
import { test } from 'node:test'

import { events, usualPlan } from '../events.ts'
import type { CommittedRecord } from './committed-lines.ts'
import { expectedOf } from './expected.ts'
import { Judge } from './judge.ts'
import type { Reading } from './judge.ts'

const partitions = 3
const plan = { ...usualPlan, count: 2000, resources: 100, dataLength: 0 }
const partitionOf = (key: string): number => key.length % partitions
const json = (value: Buffer | null): Record<string, string> =>
  JSON.parse(value?.toString('utf8') ?? '{}') as Record<string, string>
const reading: Reading = {
  domainOf: topic => (topic === 'newest' ? null : topic),
  eventIdOf: value => json(value)['event_id'] ?? '',
  newestOf: ({ key, value }) => ({ resource: key, eventId: json(value)['event_id'] ?? null }),
  partitionOf,
}

/** What a correct processor writes. */
function correctOutput(): CommittedRecord[] {
  const seen = new Set<string>()
  const newest = new Map<string, string>()
  const records: CommittedRecord[] = []
  for (const text of events(plan)) {
    const {
      event_id: id = '',
      event_type: type = '',
      ...rest
    } = JSON.parse(text) as Record<string, string>
    if (seen.has(id)) continue
    seen.add(id)
    const key = rest['resource_id'] ?? ''
    const record = (topic: string) => {
      records.push({
        topic,
        partition: partitionOf(key),
        timestampMs: 0,
        key,
        value: Buffer.from(text),
      })
    }
    record(type.split('.')[0] ?? '')
    const at = rest['occurred_at'] ?? ''
    if (at <= (newest.get(key) ?? '')) continue
    newest.set(key, at)
    record('newest')
  }
  return records
}

async function verdictOn(records: readonly CommittedRecord[]) {
  const judge = new Judge(await expectedOf(events(plan)), reading)
  for (const record of records) judge.see(record)
  return judge.verdict()
}

test('the output of a correct processor has nothing wrong', async () => {
  const verdict = await verdictOn(correctOutput())
  assert.deepEqual([verdict.wrong, verdict.problems], [0, {}])
  assert.ok(verdict.records > 1500 && verdict.newest === 100)
})

const domainRecord = ({ topic }: CommittedRecord): boolean => topic !== 'newest'
const defects: [string, string, (records: CommittedRecord[]) => CommittedRecord[]][] = [
  ['a lost event', 'lost', records => records.toSpliced(records.findIndex(domainRecord), 1)],
  [
    'an event written twice',
    'repeated',
    records => [...records, ...records.filter(domainRecord).slice(0, 1)],
  ],
  [
    'an event in another domain',
    'wrong_domain',
    records =>
      records.map(record =>
        record === records.find(domainRecord)
          ? { ...record, topic: record.topic === 'billing' ? 'incident' : 'billing' }
          : record,
      ),
  ],
  [
    'a resource that ends with an older event',
    'wrong_newest',
    records => {
      const states = records.filter(record => !domainRecord(record))
      const again = states.find(({ key }) => states.filter(other => other.key === key).length > 1)
      return again === undefined ? records : [...records, again]
    },
  ],
  [
    'a record on another partition',
    'wrong_partition',
    records => records.with(0, { ...records[0], partition: -1 } as CommittedRecord),
  ],
]

for (const [what, problem, spoil] of defects) {
  test(`${what} is counted as ${problem}`, async () => {
    const verdict = await verdictOn(spoil(correctOutput()))
    assert.deepEqual([verdict.wrong, verdict.problems], [1, { [problem]: 1 }])
  })
}
