// The product as a whole: signed HTTP in, records out, judged by Kafka's own Java client. Services are
// killed while events flow; nothing may be lost, repeated or out of order.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { allTopics, topics } from '@fleet/contracts'
import type { BillingEvent, CrmRecord, JournalEntry } from '@fleet/contracts'
import { avroReader, readCommitted } from '../support/committed-reader.ts'
import type { JudgedRecord } from '../support/committed-reader.ts'
import { charges, Sender } from './sender.ts'
import { startSystem, until } from './system.ts'
import type { System } from './system.ts'

let system: System

before(async () => {
  system = await startSystem()
})

after(() => system.stop())

interface VerifyJson {
  ok: boolean
  totals: {
    raw: number
    published: number
    duplicates: number
    dead_letters: number
    pending: number
  }
  violations: unknown[]
}

async function verified(waitSeconds: number): Promise<VerifyJson> {
  const { stdout, stderr } = await system.fleet('verify', '--wait', String(waitSeconds), '--json')
  assert.ok(stdout.startsWith('{'), stderr)
  return JSON.parse(stdout) as VerifyJson
}

type Decoded<T> = Omit<JudgedRecord, 'value'> & { value: T }

async function decoded<T>(records: readonly JudgedRecord[]): Promise<Decoded<T>[]> {
  const decode = avroReader(system.registryUrl)
  return Promise.all(
    records.map(async record => ({
      ...record,
      value: (await decode(record.value ?? Buffer.alloc(0))) as T,
    })),
  )
}

async function caughtUp(): Promise<void> {
  await until(async () => {
    const { code } = await system.fleet('doctor', '--json')
    return code === 0
  }, 'fleet doctor finds nothing wrong')
}

test('a delivery becomes a normalized event, a CRM record and a journal entry with one trace', async () => {
  const sender = new Sender(system.ingestUrl, system.secret('levy-demo'))
  const run = randomUUID()
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const event = {
    event_id: run,
    event_type: 'violation.charged',
    occurred_at: new Date().toISOString(),
    resource_type: 'violation',
    resource_id: run,
    data: { customer_id: 'C1', amount: '35.50', currency: 'EUR', violation_code: 'PARKING' },
  }
  const answer = await sender.post(event, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
  assert.equal(answer.status, 200)
  const names = [
    topics.raw.name,
    topics.events.violation.name,
    topics.crm.name,
    topics.accounting.name,
  ]
  let mine: JudgedRecord[] = []
  await until(async () => {
    const records = await readCommitted(system.brokers, names)
    mine = records.filter(({ key }) => key === `demo/violation/${run}`)
    return mine.length === names.length
  }, 'a record in each topic')
  for (const { topic, headers } of mine) {
    assert.equal(headers['traceparent']?.split('-')[1], traceId, topic)
  }
  const entries = mine.filter(({ topic }) => topic === topics.accounting.name)
  const [entry] = await decoded<JournalEntry>(entries)
  assert.deepEqual(
    entry?.value.lines.map(line => ({ ...line })),
    [
      { account: 'assets:receivable', side: 'DEBIT', amount_minor: 3550 },
      { account: 'recovery:violation', side: 'CREDIT', amount_minor: 3550 },
    ],
  )
  const published = mine.find(({ topic }) => topic === topics.events.violation.name)
  assert.equal(published?.headers['ce_id'], run)
  assert.equal(published?.headers['ce_type'], 'violation.charged')
  const state = await fetch(`${system.apiUrl}/v1/resources/violation/${run}?tenant=demo`)
  assert.equal(state.status, 200)
})

test('processes killed with -9 while events flow lose nothing and repeat nothing', async () => {
  const sender = new Sender(system.ingestUrl, system.secret('levy-demo'))
  const run = randomUUID().slice(0, 8)
  const events = charges(run, 1200)
  let sending = true
  const load = sender.deliverAll(events, 8).finally(() => {
    sending = false
  })
  const victims = ['processor', 'accounting-sink', 'processor', 'ingester', 'alerting-sink']
  for (const victim of victims) {
    await system.kill(victim)
    await until(async () => {
      const { stdout } = await system.fleet('doctor', '--json')
      const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean }[] }
      return checks.find(({ name }) => name === `service ${victim}`)?.ok === true || !sending
    }, `${victim} is ready again`)
  }
  await load
  const report = await verified(60)
  assert.deepEqual(report.violations, [])
  assert.equal(report.ok, true)
  await caughtUp()

  const names = [topics.raw.name, topics.events.billing.name, topics.accounting.name]
  const all = await readCommitted(system.brokers, names)
  const mine = all.filter(({ key }) => key?.startsWith(`demo/charge/${run}`) === true)
  const of = (name: string): JudgedRecord[] => mine.filter(({ topic }) => topic === name)
  const wanted = new Set(events.map(({ event_id }) => event_id))
  assert.deepEqual(new Set(sender.accepted.keys()), wanted)

  const published = await decoded<BillingEvent>(of(topics.events.billing.name))
  const ids = published.map(({ value }) => value.event_id)
  assert.equal(new Set(ids).size, ids.length, 'an event was published twice')
  assert.deepEqual(new Set(ids), wanted)
  const lastRawOffset = new Map<number, number>()
  for (const { partition, value } of published) {
    const offset = value.lineage.raw_offset
    assert.ok(offset > (lastRawOffset.get(partition) ?? -1), 'published out of raw order')
    lastRawOffset.set(partition, offset)
  }

  const entries = await decoded<JournalEntry>(of(topics.accounting.name))
  const booked = entries.map(({ value }) => value.event_id)
  assert.equal(new Set(booked).size, booked.length, 'a charge was booked twice')
  assert.deepEqual(new Set(booked), wanted)
  const expectedMinor = [...wanted].reduce((sum, id) => sum + 100 + Number(id.split('-')[1]), 0)
  const bookedMinor = entries.reduce((sum, { value }) => {
    const debit = value.lines.find(({ side }) => side === 'DEBIT')?.amount_minor ?? 0
    const credit = value.lines.find(({ side }) => side === 'CREDIT')?.amount_minor ?? 0
    assert.equal(debit, credit)
    return sum + debit
  }, 0)
  assert.equal(bookedMinor, expectedMinor)
})

test('the books balance, and what comes late for a closed month is posted to the next', async () => {
  const sender = new Sender(system.ingestUrl, system.secret('levy-demo'))
  const run = randomUUID()
  const now = new Date()
  const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15))
  const month = lastMonth.toISOString().slice(0, 7)
  const charge = async (id: string): Promise<JournalEntry | undefined> => {
    const event = {
      event_id: id,
      event_type: 'billing.charge_succeeded',
      occurred_at: lastMonth.toISOString(),
      resource_type: 'charge',
      resource_id: run,
      data: { amount: '12.50', currency: 'EUR', category: 'fee' },
    }
    assert.equal((await sender.post(event)).status, 200)
    let entry: JournalEntry | undefined
    await until(async () => {
      const records = await readCommitted(system.brokers, [topics.accounting.name])
      const mine = records.filter(({ key }) => key === `demo/charge/${run}`)
      const entries = await decoded<JournalEntry>(mine)
      entry = entries.find(({ value }) => value.event_id === id)?.value
      return entry !== undefined
    }, 'the entry')
    return entry
  }
  assert.equal((await charge(`${run}-1`))?.posted_period, month)
  const asked = ['ledger', 'close', month, '--tenant', 'demo', '--reason', 'reviewed']
  const closing = await system.fleet(...asked, '--json')
  assert.equal(closing.code, 0, closing.stderr)
  const late = await charge(`${run}-2`)
  assert.equal(late?.period, month)
  assert.equal(late.posted_period, now.toISOString().slice(0, 7))
  for (const verb of ['trial-balance', 'verify']) {
    const { code, stdout, stderr } = await system.fleet('ledger', verb, '--json')
    assert.equal(code, 0, `${verb}: ${stdout.slice(0, 2000)}${stderr}`)
  }
})

test('an ingester that is told to stop drains: what it accepted is in raw', async () => {
  const sender = new Sender(system.ingestUrl, system.secret('levy-demo'))
  const run = randomUUID().slice(0, 8)
  const events = charges(run, 400)
  const load = sender.deliverAll(events, 16)
  await until(() => sender.accepted.size > 50, 'some are accepted')
  const stopped = performance.now()
  await system.terminate('ingester')
  assert.ok(performance.now() - stopped < 10_000, 'took longer than 10 s to stop')
  await load
  const raw = await readCommitted(system.brokers, [topics.raw.name])
  const perEvent = new Map<string, number>()
  for (const { key, value } of raw) {
    if (key?.startsWith(`demo/charge/${run}`) !== true) continue
    const id = new RegExp(`"event_id":"(${run}-\\d+)"`).exec(value?.toString('utf8') ?? '')?.[1]
    if (id !== undefined) perEvent.set(id, (perEvent.get(id) ?? 0) + 1)
  }
  for (const [id, times] of sender.accepted) {
    assert.ok((perEvent.get(id) ?? 0) >= times, `${id}: answered 200 ${times} times`)
  }
})

test('a flushed Redis is filled again from Kafka', async () => {
  const sender = new Sender(system.ingestUrl, system.secret('levy-demo'))
  const id = randomUUID()
  const [charge] = charges(id, 1)
  assert.ok(charge)
  await sender.deliver(charge)
  const url = `${system.apiUrl}/v1/resources/charge/${charge.resource_id}?tenant=demo`
  const isThere = async (): Promise<boolean> => (await fetch(url)).status === 200
  await until(isThere, 'the state is readable')
  await system.flushRedis()
  await until(isThere, 'the state is readable after the flush')
})

interface ListedLetter {
  id: string
  code: string
}

test('fleet dlq replays a letter of the processor and one of a sink where they failed, once', async () => {
  const sender = new Sender(system.ingestUrl, system.secret('levy-demo'))
  const run = randomUUID()
  const from = new Date().toISOString()
  const event = (id: string, type: string, data: Record<string, unknown>) => ({
    event_id: `${run}-${id}`,
    event_type: type,
    occurred_at: new Date().toISOString(),
    resource_type: 'charge',
    resource_id: run,
    data,
  })
  await sender.deliver(event('nameless', '', { amount_minor: 700, currency: 'EUR' }))
  const unsound = { amount: '12.345', currency: 'EUR' }
  await sender.deliver(event('unsound', 'billing.charge_succeeded', unsound))
  const listed = async (...more: string[]): Promise<ListedLetter[]> => {
    const { stdout, stderr } = await system.fleet('dlq', 'list', '--from', from, '--json', ...more)
    assert.ok(stdout.startsWith('{'), stderr)
    return (JSON.parse(stdout) as { letters: ListedLetter[] }).letters
  }
  let letters: ListedLetter[] = []
  await until(async () => {
    letters = await listed()
    return letters.length === 2
  }, 'two letters')
  const patches: Record<string, object> = {
    UNIDENTIFIED: { event_type: 'billing.charge_succeeded' },
    BAD_AMOUNT: {
      amount: { amount_minor: 1234, currency: 'EUR' },
      attributes: { 'data.amount': null, 'data.currency': null },
    },
  }
  const folder = mkdtempSync(join(tmpdir(), 'fleet-dlq-'))
  for (const { id, code } of letters) {
    const file = join(folder, `${code}.json`)
    writeFileSync(file, JSON.stringify(patches[code]))
    const replayed = await system.fleet('dlq', 'replay', id, '--patch', file, '--reason', 'typo')
    assert.equal(replayed.code, 0, replayed.stderr + replayed.stdout)
  }
  rmSync(folder, { recursive: true })
  const again = await system.fleet('dlq', 'replay', letters[0]?.id ?? '', '--json')
  assert.match(again.stdout, /ALREADY_REPLAYED/)
  await until(async () => {
    const records = await readCommitted(system.brokers, [topics.accounting.name])
    const entries = await decoded<JournalEntry>(
      records.filter(({ key }) => key === `demo/charge/${run}`),
    )
    const amounts = entries.map(({ value }) => value.lines[0]?.amount_minor)
    return amounts.includes(700) && amounts.includes(1234) && amounts.length === 2
  }, 'both are booked')
  assert.deepEqual(await listed(), [])
  const report = await verified(60)
  assert.deepEqual(report.violations, [])
  assert.equal(report.ok, true)
})

test('the customer’s records follow its state, and every public topic decodes by the registry', async () => {
  const all = await readCommitted(
    system.brokers,
    allTopics.filter(({ schema }) => schema !== null).map(({ name }) => name),
  )
  const readable = all.filter(({ value }) => value !== null)
  const records = await decoded<Record<string, unknown>>(readable)
  assert.ok(records.length > 1000)
  const crm = records.filter(({ topic }) => topic === topics.crm.name)
  for (const { value } of crm) {
    const { action, status } = value as unknown as CrmRecord
    assert.ok(action !== 'HISTORY' || status === null)
  }
})
