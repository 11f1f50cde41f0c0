// Changelogs of every stage but the processor, made anew: after events, letters that were replayed and ticks,
// each is what it was, nothing else is written, and the stage goes on from it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'

import { stageNames, topics } from '@fleet/contracts'
import type { CrmRecord, JournalEntry, StageName, Task } from '@fleet/contracts'
import { systemClock, systemIds } from '@fleet/runtime'

import { Pipeline, partitions, replayAll } from '../../dlq/test/pipeline.ts'
import { accountingSink } from '../../../services/accounting-sink/src/index.ts'
import { ledgerRebuild } from '../../../services/accounting-sink/src/rebuild-rules.ts'
import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../../services/alerting-sink/src/index.ts'
import { alertsRebuild, routerRebuild } from '../../../services/alerting-sink/src/rebuild-rules.ts'
import { automation } from '../../../services/automation/src/index.ts'
import { tasksRebuild } from '../../../services/automation/src/rebuild-rules.ts'
import { crmSink } from '../../../services/crm-sink/src/index.ts'
import { crmRebuild } from '../../../services/crm-sink/src/rebuild-rules.ts'
import { policies } from '../../../test/simulation/plan/policies.ts'
import { asRebuildable } from '../src/index.ts'
import type { RebuildRequest, StageRebuild } from '../src/index.ts'

const detectors = readDetectorSettings('infra/alerts/detectors.json')
const stages = [
  asRebuildable({ declaration: crmSink(), rules: crmRebuild }),
  asRebuildable({ declaration: accountingSink(), rules: ledgerRebuild }),
  asRebuildable({ declaration: automation({ tickMs: 50, policies }), rules: tasksRebuild }),
  asRebuildable({ declaration: alertingSink({ detectors }), rules: alertsRebuild }),
  asRebuildable({ declaration: alertingRouter({ tickMs: 50 }), rules: routerRebuild }),
]
const sinks = stageNames.filter(name => name !== 'processor')
const never = new AbortController().signal

let pipeline: Pipeline
before(async () => {
  pipeline = await Pipeline.open()
  for (const stage of ['crm-sink', 'accounting-sink', 'automation', 'alerting-sink']) {
    pipeline.broken.add(`${stage} e3`)
    pipeline.broken.add(`${stage} e8`)
  }
  await pipeline.start()
  for (let n = 0; n < 24; n++) await pipeline.deliver(bodyOf(n))
  const isDone = (): boolean =>
    pipeline.valuesOf<Task>(topics.automation).length > 4 &&
    pipeline.valuesOf<JournalEntry>(topics.accounting).length === 7 &&
    pipeline.letters('crm-sink').length === 1 &&
    pipeline.letters('accounting-sink').length === 1
  await pipeline.until(isDone, 'tasks, entries and letters')
  // Some are replayed with the defect mended, and some with another.
  pipeline.broken.clear()
  pipeline.broken.add('automation e8')
  const replayer = await pipeline.replayer()
  await replayer.run(await replayer.start(replayAll))
  await pipeline.until(
    () => pipeline.valuesOf<JournalEntry>(topics.accounting).length === 8,
    'what came back is booked',
  )
  pipeline.broken.clear()
  await settled()
  await pipeline.stop()
})
after(() => pipeline.stopping.abort())

/** Charges, damages with their tasks, reservations. */
function bodyOf(n: number): string {
  const kinds = [
    ['reservation', 'reservation.no_show', {}],
    ['incident', 'incident.damage_reported', { severity: 'high' }],
    ['charge', 'billing.charge_succeeded', { amount_minor: 100 + n, currency: 'EUR' }],
  ] as const
  const [resource, type, data] = kinds[n % 3] ?? kinds[0]
  return JSON.stringify({
    event_id: `e${n}`,
    event_type: type,
    occurred_at: new Date(systemClock.wallMs() - (n % 5) * 1000).toISOString(),
    resource_id: `${resource}-${n % 12}`,
    resource_type: resource,
    data,
  })
}

const recordsOf = (topic: string, partition: number) =>
  pipeline.broker.log({ topic, partition }).read(0, 100_000).records

/** Every output, by topic and partition, and every changelog: nothing more comes, but ticks. */
function written(): string {
  const names = [topics.crm, topics.accounting, topics.automation, topics.alerting, topics.redrive]
  const counts = names.flatMap(({ name }) =>
    Array.from({ length: partitions }, (_, partition) => recordsOf(name, partition).length),
  )
  return JSON.stringify(counts)
}

/** Every stage has read what there is for it. */
async function settled(): Promise<void> {
  const ends = (topic: string, partition: number): number =>
    pipeline.broker.log({ topic, partition }).end
  const inputs: Partial<Record<StageName, readonly { name: string }[]>> = {}
  for (const stage of stages) inputs[stage.name] = stage.topics
  const read = [...Object.values(topics.events), topics.redrive, topics.ledgerControl]
  await pipeline.until(
    () =>
      sinks.every(stage =>
        Array.from({ length: partitions }, (_, partition) => partition).every(partition => {
          const { positions } = progressOf(stage, partition)
          return (inputs[stage] ?? [])
            .filter(topic => read.some(({ name }) => name === topic.name))
            .every(({ name }) => (positions[name] ?? 0) >= ends(name, partition))
        }),
      ),
    'all is read',
  )
}

interface Progress {
  positions: Record<string, number>
  state?: { hash: string; entries: number }
}

function progressOf(stage: StageName, partition: number): Progress {
  const last = recordsOf(topics.changelogs[stage].name, partition).findLast(
    ({ key }) => String(key) === '!progress',
  )
  return JSON.parse(String(last?.value ?? '{"positions":{}}')) as Progress
}

async function rebuilt(
  stage: (typeof stages)[number],
  partition: number,
  more: Partial<RebuildRequest> = {},
): Promise<StageRebuild> {
  const admin = await pipeline.broker.openAdmin()
  const reader = await pipeline.broker.openReader()
  try {
    return await stage.rebuild({
      sources: { admin, reader, stopping: never },
      broker: pipeline.broker,
      codec: pipeline.codec,
      clock: systemClock,
      random: { next: () => 0 },
      sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      environment: 'test',
      partition,
      partitionCount: partitions,
      isDryRun: false,
      isRestEnough: false,
      mayDiffer: false,
      barrier: systemIds.uuid(),
      ...more,
    })
  } finally {
    await reader.close()
  }
}

async function damage(stage: StageName, partition: number): Promise<void> {
  const { name: topic } = topics.changelogs[stage]
  const put = (key: string, value: Buffer | null): Promise<unknown> =>
    pipeline.appender.append({ topic, partition, key, value })
  const [row] = recordsOf(topic, partition).filter(({ key }) => !String(key).startsWith('!'))
  if (row !== undefined) await put(String(row.key), null)
  await put('balance/forgotten', Buffer.from('{}'))
}

for (const stage of stages) {
  test(`the changelog of ${stage.name} is made anew, and nothing but it is written`, async () => {
    const before = written()
    for (let partition = 0; partition < partitions; partition++) {
      const sound = progressOf(stage.name, partition)
      await damage(stage.name, partition)
      const looked = await rebuilt(stage, partition, { isDryRun: true })
      const report = await rebuilt(stage, partition)
      assert.deepEqual(report, looked)
      const repeated = await rebuilt(stage, partition)
      assert.equal(repeated.hash_after, report.hash_after)
      if (stage.name === 'alerting-router') continue
      assert.deepEqual([report.records_after, report.outputs_equal], [sound.state?.entries, true])
      // What waits for its customer in the CRM says when it was first processed.
      if (stage.name === 'crm-sink') continue
      // As if nothing had happened to it.
      assert.deepEqual(progressOf(stage.name, partition), sound)
    }
    assert.equal(written(), before)
  })
}

test('stages go on from what was rebuilt: a letter that is open comes back, what was done stays done', async () => {
  const crm = (): number => pipeline.valuesOf<CrmRecord>(topics.crm).length
  const tasks = (): Task[] => pipeline.valuesOf(topics.automation)
  const [crmBefore, entries] = [crm(), pipeline.valuesOf(topics.accounting).length]
  await pipeline.start()
  const replayer = await pipeline.replayer()
  // Of automation, e8 failed again; the others had what came back.
  const again = { ...replayAll, again: true }
  await replayer.run(await replayer.start(again))
  await settled()
  await pipeline.stop()
  assert.equal(crm(), crmBefore)
  assert.equal(pipeline.valuesOf(topics.accounting).length, entries)
  const steps = tasks().map(({ task_id: id, version }) => `${id} ${version}`)
  assert.equal(new Set(steps).size, steps.length)
})

const ledger = stages.find(({ name }) => name === 'accounting-sink')
const crm = stages.find(({ name }) => name === 'crm-sink')

test('where inputs were deleted it says so before it writes; the rest must be asked for, never of the ledger', async () => {
  assert.ok(ledger !== undefined && crm !== undefined)
  const admin = await pipeline.broker.openAdmin()
  const partition = [0, 1].find(
    each => pipeline.broker.log({ topic: topics.events.billing.name, partition: each }).end > 0,
  )
  assert.ok(partition !== undefined)
  const cut = {
    offsets: async (topic: string) =>
      (await admin.offsets(topic)).map(each =>
        topic === topics.events.billing.name || topic === topics.events.incident.name
          ? { ...each, logStart: Math.min(1, each.lastStable) }
          : each,
      ),
  }
  const reader = await pipeline.broker.openReader()
  const sources = { admin: cut, reader, stopping: never }
  const length = (stage: StageName): number =>
    recordsOf(topics.changelogs[stage].name, partition).length
  const before = [length('accounting-sink'), length('crm-sink')]
  const impossible = { code: 'REBUILD_IMPOSSIBLE', message: /deleted by their retention: fleet\./ }
  await assert.rejects(rebuilt(ledger, partition, { sources }), impossible)
  await assert.rejects(rebuilt(ledger, partition, { sources, isRestEnough: true }), impossible)
  await assert.rejects(rebuilt(crm, partition, { sources }), impossible)
  assert.deepEqual([length('accounting-sink'), length('crm-sink')], before)
  const report = await rebuilt(crm, partition, { sources, isRestEnough: true })
  assert.deepEqual([report.inputs_whole, report.outputs_equal], [false, null])
  await reader.close()
})

test('what is decided otherwise now is refused, until it is accepted', async () => {
  assert.ok(ledger !== undefined)
  const partition = [0, 1].find(each => recordsOf(topics.accounting.name, each).length > 0)
  assert.ok(partition !== undefined)
  const [entry] = recordsOf(topics.accounting.name, partition)
  assert.ok(entry !== undefined)
  await pipeline.appender.append({ ...entry, topic: topics.accounting.name, partition })
  const other = { code: 'REBUILD_IMPOSSIBLE', message: /not the same.*--accept-differences/ }
  await assert.rejects(rebuilt(ledger, partition), other)
  const report = await rebuilt(ledger, partition, { mayDiffer: true })
  assert.equal(report.outputs_equal, false)
})

test('where nothing says how far the stage was, nothing is written', async () => {
  assert.ok(ledger !== undefined)
  const { name: topic } = topics.changelogs['accounting-sink']
  const empty = await Pipeline.open()
  const before = pipeline
  pipeline = empty
  await assert.rejects(rebuilt(ledger, 0), { code: 'REBUILD_IMPOSSIBLE', message: /no progress/ })
  assert.equal(empty.broker.log({ topic, partition: 0 }).end, 0)
  pipeline = before
})

test('a stage that worked while its changelog was read is not set back', async () => {
  const [stage] = stages
  assert.ok(stage)
  const { name: topic } = topics.changelogs[stage.name]
  const progress = progressOf(stage.name, 0)
  const ahead = { ...progress, transactions: 1_000_000, partitionCount: partitions }
  const openWriter: typeof pipeline.broker.openWriter = async options => {
    const value = Buffer.from(JSON.stringify(ahead))
    await pipeline.appender.append({ topic, partition: 0, key: '!progress', value })
    return pipeline.broker.openWriter(options)
  }
  await assert.rejects(rebuilt(stage, 0, { broker: { openWriter } }), {
    code: 'REBUILD_IMPOSSIBLE',
    message: /was worked on while it was read/,
  })
  assert.deepEqual(progressOf(stage.name, 0), ahead)
})
