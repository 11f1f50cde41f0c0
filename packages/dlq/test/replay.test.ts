// A letter of every stage, replayed at the stage that failed: its event has its effect, once.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { topics } from '@fleet/contracts'
import type {
  Alert,
  AlertSignal,
  CrmRecord,
  DeadLetter,
  JournalEntry,
  RawDelivery,
  ReservationEvent,
  StageName,
  Task,
} from '@fleet/contracts'
import { FleetError, systemClock } from '@fleet/runtime'
import fc from 'fast-check'

import { discardLetters } from '../src/index.ts'
import type { FoundLetter, LetterFilter } from '../src/index.ts'
import { Pipeline, replayAll } from './pipeline.ts'

const nowIso = (): string => new Date(systemClock.wallMs()).toISOString()

function delivery(eventId: string, type: string, resource: string, data: object = {}): string {
  return JSON.stringify({
    event_id: eventId,
    event_type: type,
    occurred_at: nowIso(),
    resource_id: resource,
    resource_type: type.split('.')[0] === 'billing' ? 'charge' : 'reservation',
    data,
  })
}

const noShow = (eventId: string): string => delivery(eventId, 'reservation.no_show', eventId)
const charge = (eventId: string, data: object): string =>
  delivery(eventId, 'billing.charge_succeeded', eventId, data)

async function found(
  pipeline: Pipeline,
  filter: Partial<LetterFilter> = {},
): Promise<FoundLetter[]> {
  const letters: FoundLetter[] = []
  const log = await pipeline.letterLog()
  for await (const each of log.find({ ...replayAll.filter, ...filter })) letters.push(each)
  return letters
}

const sinks: {
  stage: StageName
  body: string
  /** How often the event has had its effect. */
  effects: (pipeline: Pipeline) => number
}[] = [
  {
    stage: 'crm-sink',
    body: noShow('e1'),
    effects: pipeline =>
      pipeline.valuesOf<CrmRecord>(topics.crm).filter(each => each.event_id === 'e1').length,
  },
  {
    stage: 'accounting-sink',
    body: charge('e1', { amount_minor: 500, currency: 'EUR' }),
    effects: pipeline => pipeline.valuesOf<JournalEntry>(topics.accounting).length,
  },
  {
    stage: 'automation',
    // Of what is opened late too: a replayed no-show opens nothing.
    body: delivery('e1', 'incident.damage_reported', 'e1'),
    effects: pipeline =>
      pipeline
        .valuesOf<Task>(topics.automation)
        .filter(task => task.workflow === pipeline.valuesOf<Task>(topics.automation)[0]?.workflow)
        .length,
  },
  {
    stage: 'alerting-router',
    body: noShow('e1'),
    effects: pipeline =>
      pipeline
        .valuesOf<AlertSignal>(topics.alertSignals)
        .filter(signal => JSON.stringify(signal).includes('"e1"')).length,
  },
]

for (const { stage, body, effects } of sinks) {
  test(`a letter of ${stage} is replayed there, and replaying it twice changes nothing`, async () => {
    const pipeline = await Pipeline.open()
    pipeline.broken.add(`${stage} e1`)
    await pipeline.start()
    await pipeline.deliver(body)
    await pipeline.until(() => pipeline.letters(stage).length === 1, 'a letter')
    assert.equal(effects(pipeline), 0)
    pipeline.broken.clear()
    const replayer = await pipeline.replayer()
    const request = { ...replayAll, filter: { ...replayAll.filter, stages: [stage] } }
    const first = await replayer.run(await replayer.start(request))
    assert.deepEqual([first.matched, first.sent, first.refused], [1, 1, 0])
    await pipeline.until(() => effects(pipeline) === 1, 'its effect')
    const second = await replayer.run(await replayer.start(request))
    assert.equal(second.matched, 0)
    const third = await replayer.run(await replayer.start({ ...request, again: true }))
    assert.equal(third.sent, 1)
    // What follows it in the same partition has been decided, so it has been too.
    await pipeline.stop()
    await pipeline.start([stage])
    await pipeline.until(() => lastRedriveTaken(pipeline, stage), 'the copy is read')
    await pipeline.stop()
    assert.equal(effects(pipeline), 1)
    assert.equal(pipeline.letters(stage).length, 1)
    const [letter] = await found(pipeline, { stages: [stage] })
    assert.equal(letter?.status, 'replayed')
    assert.equal(letter?.act?.replay_id, third.replay_id)
  })
}

/** Its changelog says that everything in the redrive topic was read. */
function lastRedriveTaken(pipeline: Pipeline, stage: StageName): boolean {
  return [0, 1].every(partition => {
    const { end } = pipeline.broker.log({ topic: topics.redrive.name, partition })
    const changelog = pipeline.broker.log({ topic: topics.changelogs[stage].name, partition })
    const progress = changelog
      .read(0, 100_000)
      .records.findLast(({ key }) => String(key) === '!progress')
    if (end === 0) return true
    const { positions } = JSON.parse(String(progress?.value ?? '{"positions":{}}')) as {
      positions: Record<string, number>
    }
    return (positions[topics.redrive.name] ?? 0) >= end
  })
}

test('a signal that alerting-sink refused counts for the alert once it is replayed', async () => {
  const pipeline = await Pipeline.open()
  const signalOf = (value: unknown): boolean => JSON.stringify(value).includes('"e5"')
  await pipeline.start()
  pipeline.broken.add('alerting-sink e5')
  for (const id of ['e1', 'e2', 'e3', 'e4', 'e5']) await pipeline.deliver(noShow(id))
  await pipeline.until(() => pipeline.letters('alerting-sink').length === 1, 'a letter')
  assert.ok(pipeline.valuesOf<AlertSignal>(topics.alertSignals).some(signalOf))
  assert.equal(pipeline.valuesOf(topics.alerting).length, 0)
  pipeline.broken.clear()
  const replayer = await pipeline.replayer()
  await replayer.run(await replayer.start(replayAll))
  const alerts = (): Alert[] => pipeline.valuesOf(topics.alerting)
  await pipeline.until(() => alerts().length > 0, 'the alert')
  await pipeline.stop()
  assert.deepEqual(
    alerts().map(({ status, detector }) => [status, detector]),
    [['OPEN', 'no-show-spike']],
  )
})

test('an amount that accounting refused is booked from the patched event; the letter keeps the original', async () => {
  const pipeline = await Pipeline.open()
  await pipeline.start()
  await pipeline.deliver(charge('e1', { amount: '12.345', currency: 'EUR', category: 'fee' }))
  await pipeline.until(() => pipeline.letters('accounting-sink').length === 1, 'a letter')
  const [letter] = pipeline.letters('accounting-sink')
  assert.equal(letter?.error_code, 'BAD_AMOUNT')
  const replayer = await pipeline.replayer()
  const patch = {
    kind: 'merge-patch',
    document: {
      amount: { amount_minor: 1234, currency: 'EUR' },
      attributes: { 'data.amount': null, 'data.currency': null },
    },
  } as const
  const filter = { ...replayAll.filter, ids: [letter?.dead_letter_id ?? ''] }
  // An encoder would make zero of the first, an entry without a currency of the second.
  for (const misfit of [
    { amount: '12.34 EUR' },
    { amount: { amount_minor: 1234 } },
    { amount: { amount_minor: 1234, currency: 'EUR', exponent: 2 } },
    { amuont: { amount_minor: 1234, currency: 'EUR' } },
    [1],
    null,
    'text',
  ]) {
    const badPatch = { kind: 'merge-patch', document: misfit } as const
    const ended = await replayer.run(
      await replayer.start({ ...replayAll, filter, patch: badPatch }),
    )
    assert.deepEqual([ended.sent, ended.refusals], [0, { BAD_PATCH: 1 }], JSON.stringify(misfit))
  }
  await replayer.run(await replayer.start({ ...replayAll, filter, patch }))
  const entries = (): JournalEntry[] => pipeline.valuesOf(topics.accounting)
  await pipeline.until(() => entries().length === 1, 'the entry')
  await pipeline.stop()
  assert.deepEqual(
    entries()[0]?.lines.map(({ amount_minor }) => amount_minor),
    [1234, 1234],
  )
  const [after] = await found(pipeline)
  assert.deepEqual(after?.act?.patch, patch)
  assert.deepEqual(after?.letter.origin_value, letter?.origin_value)
})

test('a delivery that could not be identified is published from a new body, as a new delivery', async () => {
  const pipeline = await Pipeline.open()
  await pipeline.start(['processor'])
  await pipeline.deliver('no json')
  await pipeline.until(() => pipeline.letters('processor').length === 1, 'a letter')
  const replayer = await pipeline.replayer()
  const plain = await replayer.run(await replayer.start(replayAll))
  assert.deepEqual(plain.refusals, { WOULD_FAIL: 1 })
  const ids = [pipeline.letters('processor')[0]?.dead_letter_id ?? '']
  const base64 = Buffer.from(noShow('e1')).toString('base64')
  const request = {
    ...replayAll,
    filter: { ...replayAll.filter, ids },
    patch: { kind: 'body', base64 } as const,
  }
  const started = await replayer.start(request)
  await replayer.run(started)
  const events = (): ReservationEvent[] => pipeline.valuesOf(topics.events.reservation)
  await pipeline.until(() => events().length === 1, 'the event')
  // The same replay again, as after a kill, and the letter in another one.
  await replayer.run(started)
  await replayer.run(await replayer.start({ ...request, again: true }))
  await pipeline.deliver(noShow('e2'))
  await pipeline.until(() => pipeline.valuesOf(topics.raw).length === 4, 'raw')
  await pipeline.until(() => events().some(event => event.event_id === 'e2'), 'the next event')
  await pipeline.stop()
  assert.equal(events().filter(event => event.event_id === 'e1').length, 1)
  assert.equal(events()[0]?.lineage.channel, 'REPLAY')
  const raws = pipeline.valuesOf<RawDelivery>(topics.raw)
  const replayed = raws.filter(({ channel }) => channel === 'REPLAY')
  assert.equal(replayed[0]?.replay_id, started.replay_id)
  assert.equal(new Set(raws.map(({ delivery_id }) => delivery_id)).size, raws.length)
  const original = raws.find(({ event_id }) => event_id === null)
  assert.equal(String(original?.body), 'no json')
})

test('a letter older than the window comes back as a delivery of today', async () => {
  const pipeline = await Pipeline.open()
  await pipeline.start(['processor'])
  const receivedAtMs = systemClock.wallMs() - 200 * 3_600_000
  await pipeline.deliver(noShow('e1'), { receivedAtMs })
  await pipeline.until(() => pipeline.letters('processor').length === 1, 'a letter')
  assert.equal(pipeline.letters('processor')[0]?.error_code, 'OUTSIDE_WINDOW')
  const replayer = await pipeline.replayer()
  await replayer.run(await replayer.start(replayAll))
  await pipeline.until(() => pipeline.valuesOf(topics.events.reservation).length === 1, 'the event')
  await pipeline.stop()
})

test('what did not come through the edge is never signed', async () => {
  const pipeline = await Pipeline.open()
  await pipeline.start(['processor'])
  await pipeline.deliver(noShow('e1'), { forged: true })
  await pipeline.until(() => pipeline.letters('processor').length === 1, 'a letter')
  await pipeline.stop()
  const replayer = await pipeline.replayer()
  const progress = await replayer.run(await replayer.start(replayAll))
  assert.deepEqual(progress.refusals, { UNPROVEN: 1 })
  const unsigned = await pipeline.replayer({ keyRing: () => null })
  assert.deepEqual((await unsigned.plan(replayAll)).refusals, { NO_SIGNING_KEY: 1 })
  assert.equal(pipeline.valuesOf(topics.raw).length, 1)
})

test('a plan writes nothing; a discarded letter stays, says why, and is replayed when asked for', async () => {
  const pipeline = await Pipeline.open()
  pipeline.broken.add('processor e1')
  await pipeline.start(['processor'])
  await pipeline.deliver(noShow('e1'))
  await pipeline.until(() => pipeline.letters('processor').length === 1, 'a letter')
  await pipeline.stop()
  const replayer = await pipeline.replayer()
  assert.equal((await replayer.plan(replayAll)).sent, 1)
  assert.equal(pipeline.valuesOf(topics.raw).length, 1)
  assert.equal((await found(pipeline))[0]?.status, 'open')
  const ports = {
    letters: await pipeline.letterLog(),
    appender: pipeline.appender,
    clock: systemClock,
  }
  const discard = { filter: replayAll.filter, by: 'me', reason: 'a test drive', dryRun: false }
  assert.equal((await discardLetters({ ...discard, dryRun: true }, ports)).discarded, 0)
  assert.equal((await discardLetters(discard, ports)).discarded, 1)
  assert.deepEqual(await discardLetters(discard, ports), { matched: 0, discarded: 0, settled: 1 })
  const [letter] = await found(pipeline)
  assert.deepEqual(
    [letter?.status, letter?.act?.reason, letter?.act?.by],
    ['discarded', 'a test drive', 'me'],
  )
  assert.equal((await replayer.plan(replayAll)).matched, 0)
  const ids = [letter?.letter.dead_letter_id ?? '']
  const byId = { ...replayAll, filter: { ...replayAll.filter, ids } }
  assert.deepEqual((await replayer.plan(byId)).refusals, { DISCARDED: 1 })
  assert.equal((await replayer.plan({ ...byId, includeDiscarded: true })).sent, 1)
})

test('a replay sends no more letters a second than it was told to', async () => {
  const pipeline = await Pipeline.open()
  const ids = ['e1', 'e2', 'e3', 'e4', 'e5', 'e6']
  for (const id of ids) pipeline.broken.add(`processor ${id}`)
  await pipeline.start(['processor'])
  for (const id of ids) await pipeline.deliver(noShow(id))
  await pipeline.until(() => pipeline.letters('processor').length === ids.length, 'letters')
  await pipeline.stop()
  let nowMs = 0
  const sentAt: number[] = []
  const clock = {
    ...systemClock,
    elapsedMs: () => nowMs,
    sleep: (ms: number) => {
      nowMs += ms
      return Promise.resolve()
    },
  }
  const appender = {
    append: (record: Parameters<Pipeline['appender']['append']>[0]) => {
      if (record.topic === topics.raw.name) sentAt.push(nowMs)
      return pipeline.appender.append(record)
    },
  }
  const replayer = await pipeline.replayer({ clock, appender })
  await replayer.run(await replayer.start({ ...replayAll, ratePerSecond: 2 }))
  assert.deepEqual(sentAt, [0, 0, 1000, 1000, 2000, 2000])
})

test('replays that may send the same letters run one after the other, and name each other', async () => {
  const pipeline = await Pipeline.open()
  for (const id of ['e1', 'e2']) pipeline.broken.add(`crm-sink ${id}`)
  await pipeline.start(['processor', 'crm-sink'])
  for (const id of ['e1', 'e2']) await pipeline.deliver(noShow(id))
  await pipeline.until(() => pipeline.letters('crm-sink').length === 2, 'letters')
  pipeline.broken.clear()
  const replayer = await pipeline.replayer()
  const demo = { ...replayAll, filter: { ...replayAll.filter, tenant: 'demo' } }
  const other = { ...replayAll, filter: { ...replayAll.filter, tenant: 'other' } }
  const overlaps = ({ replay_id: id }: { replay_id: string }) => ({
    code: 'REPLAY_OVERLAPS',
    fate: 'transient',
    message: new RegExp(id),
  })
  const ofDemo = await replayer.start(demo)
  await assert.rejects(replayer.start(replayAll), overlaps(ofDemo))
  assert.equal((await replayer.run(await replayer.start(other))).matched, 0)
  // As where two begin at once, neither having seen the other: the log says which was first.
  const late = await pipeline.replayer()
  const overAll = await late.start(replayAll, () => true)
  await assert.rejects(late.run(overAll), overlaps(ofDemo))
  assert.equal((await replayer.run(ofDemo)).sent, 2)
  assert.deepEqual(await late.run(overAll), {
    replay_id: overAll.replay_id,
    matched: 0,
    sent: 0,
    refused: 0,
    refusals: {},
    refused_letters: [],
  })
  // One that is given up is waited for no longer.
  const abandoned = await replayer.start(replayAll)
  await assert.rejects(replayer.start(demo), overlaps(abandoned))
  await replayer.fail(abandoned, undefined, 'GIVEN_UP')
  assert.equal(await replayer.find(abandoned.replay_id), null)
  await replayer.run(await replayer.start(demo))
  await pipeline.until(() => lastRedriveTaken(pipeline, 'crm-sink'), 'all copies read')
  await pipeline.stop()
  assert.equal(pipeline.valuesOf<CrmRecord>(topics.crm).length, 2)
})

test('a patched attempt that fails again is the letter from then on, and the original is still found', async () => {
  const pipeline = await Pipeline.open()
  await pipeline.start(['processor', 'accounting-sink'])
  await pipeline.deliver(charge('e1', { amount: '12.345', currency: 'EUR', category: 'fee' }))
  const letters = (): DeadLetter[] => pipeline.letters('accounting-sink')
  await pipeline.until(() => letters().length === 1, 'a letter')
  const replayer = await pipeline.replayer()
  const filter = { ...replayAll.filter, ids: [letters()[0]?.dead_letter_id ?? ''] }
  const document = { attributes: { 'data.amount': '"12.3456"' } }
  const patch = { kind: 'merge-patch', document } as const
  await replayer.run(await replayer.start({ ...replayAll, filter, patch }))
  await pipeline.until(() => letters().length === 2, 'it fails again')
  await pipeline.stop()
  const [first] = letters()
  const [now, ...others] = await found(pipeline)
  assert.ok(first !== undefined && now !== undefined)
  assert.deepEqual([now.letter.attempt, now.status, others.length], [2, 'open', 0])
  const log = await pipeline.letterLog()
  const original = await log.original(now)
  assert.equal(original.attempt, 1)
  assert.deepEqual(original.origin_value, first.origin_value)
  assert.notDeepEqual(now.letter.origin_value, first.origin_value)
  assert.equal((await log.original({ ...now, letter: original })).attempt, 1)
})

test('killed at any write, a replay that is run again has sent every letter and none has two effects', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(13), { maxLength: 4 }), async kills => {
      const pipeline = await Pipeline.open()
      const ids = ['e1', 'e2', 'e3', 'e4']
      for (const id of ids) pipeline.broken.add(`crm-sink ${id}`)
      await pipeline.start(['processor', 'crm-sink'])
      for (const id of ids) await pipeline.deliver(noShow(id))
      await pipeline.until(() => pipeline.letters('crm-sink').length === ids.length, 'letters')
      pipeline.broken.clear()
      const started = await (
        await pipeline.replayer()
      ).start({ ...replayAll, ratePerSecond: 100_000 })
      for (const kill of kills) {
        let left = kill
        const appender = {
          append: (record: Parameters<Pipeline['appender']['append']>[0]) => {
            if (left-- <= 0) {
              return Promise.reject(new FleetError('APPEND_FAILED', 'transient', 'killed'))
            }
            return pipeline.appender.append(record)
          },
        }
        const dying = await pipeline.replayer({ appender })
        await dying.run(started).catch(() => {})
      }
      const last = await (await pipeline.replayer()).run(started)
      assert.deepEqual([last.matched, last.sent, last.refused], [4, 4, 0])
      const crm = (): string[] =>
        pipeline.valuesOf<CrmRecord>(topics.crm).map(({ event_id }) => event_id)
      await pipeline.until(() => lastRedriveTaken(pipeline, 'crm-sink'), 'all copies read')
      await pipeline.stop()
      assert.deepEqual(crm().toSorted(), ids)
      assert.equal(
        (await found(pipeline)).every(({ status }) => status === 'replayed'),
        true,
      )
    }),
    { numRuns: 12 },
  )
})
