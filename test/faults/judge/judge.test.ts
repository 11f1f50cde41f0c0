// The judge judged: what a healthy product leaves has no violation, and each planted one is found under
// its name.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { topics } from '@fleet/contracts'
import type {
  Alert,
  AlertSignal,
  CrmRecord,
  DeadLetter,
  JournalEntry,
  Task,
  Topic,
} from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import type { StageDeclaration, TaskState } from '@fleet/stage'

import {
  healthyEvidence,
  modelSettings,
} from '../../../packages/cli/test/verify/evidence-builder.ts'
import { accountingSink } from '../../../services/accounting-sink/src/index.ts'
import { alertingRouter } from '../../../services/alerting-sink/src/index.ts'
import { toTickSignal } from '../../../services/alerting-sink/src/core/to-alert-signal.ts'
import { automation, readPolicies } from '../../../services/automation/src/index.ts'
import { crmSink } from '../../../services/crm-sink/src/index.ts'
import { buildLoad } from '../load/events.ts'
import { seeded } from '../seeded.ts'
import type { Evidence, Found, Timed } from './evidence.ts'
import { judgeEdge, judgeProcessor } from './judge-pipeline.ts'
import type { Sent } from './judge-pipeline.ts'
import { judgeSinks } from './judge-sinks.ts'
import type { Violation } from './violation.ts'

const { deliveries } = buildLoad('t', 600, seeded(5, 'load'), Date.UTC(2026, 10, 21, 8))
const samples = deliveries.map(({ body }) => ({
  endpoint: 'levy-demo',
  body: JSON.parse(body) as unknown,
}))

const appendedAtMs = 1000

function found<Value>(topic: Topic, records: readonly { key: string; value: unknown }[]) {
  return records.map(({ key, value }, offset): Timed<Value> => {
    return { topic: topic.name, partition: 0, offset, key, value: value as Value, appendedAtMs }
  })
}

/** What a sink makes of the events, topic by topic. */
function sunk<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  events: Evidence['events'],
) {
  const drive = driveStage(declaration, { partition: 0, partitionCount: 1 })
  for (const { topic: name, offset, key, value } of events) {
    const topic = declaration.inputs.find(input => input.name === name)
    if (topic !== undefined) drive.pipe(topic, { key, value, timestampMs: 1000, offset })
  }
  return drive
}

/** The letters of a sink, each replayed once and refused again. */
function refusedBy<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  events: Evidence['events'],
): Found<DeadLetter>[] {
  const drive = driveStage(declaration, { partition: 0, partitionCount: 1 })
  const letters = events.flatMap(({ topic: name, partition, offset, key, value }) => {
    const topic = declaration.inputs.find(input => input.name === name)
    if (topic === undefined) return []
    const { refusal } = drive.pipe(topic, { key, value, timestampMs: 1000, offset })
    if (refusal === undefined) return []
    const origin = { topic: name, partition, offset }
    return [{ error_code: refusal.code, error_message: refusal.message, origin, attempt: 1 }]
  })
  const again = letters.map(letter => ({ ...letter, attempt: 2 }))
  const values = [...letters, ...again] as unknown as DeadLetter[]
  return values.map((value, offset) => {
    const { name: topic } = topics.deadLetters[declaration.name]
    return { topic, partition: 0, offset, key: '', value }
  })
}

const policies = readPolicies('infra/local/automation-policies.json')

function healthy(): { evidence: Evidence; sent: Sent } {
  const around = healthyEvidence(samples)
  const events = around.events.map(({ topic, offset, key, event }) => {
    return { topic, partition: 0, offset, key, value: event }
  })
  const counts = {
    published: events.length,
    dead_letter: around.deadLetters.length,
    duplicate: around.raw.length - events.length - around.deadLetters.length,
  }
  const progress = { positions: { [topics.raw.name]: around.raw.length }, counts }
  const refused = refusedBy(accountingSink(), events)
  const replayed = refused.length / 2
  const booked = accountingSink().inputs.map(({ name }) => name)
  const ledger = {
    positions: Object.fromEntries(booked.map(name => [name, 1])),
    counts: {
      published: events.filter(({ topic }) => booked.includes(topic)).length - replayed,
      dead_letter: 2 * replayed,
    },
  }
  const raw = around.raw.map(({ offset, key, delivery }) => {
    return { topic: topics.raw.name, partition: 0, offset, key, value: delivery, poison: null }
  })
  const evidence: Evidence = {
    partitions: [around],
    raw,
    events,
    states: around.state.map(({ topic, offset, key, state }) => {
      return { topic, partition: 0, offset, key, value: state }
    }),
    crm: found<CrmRecord>(topics.crm, sunk(crmSink(), events).outputs(topics.crm)),
    entries: found<JournalEntry>(
      topics.accounting,
      sunk(accountingSink(), events).outputs(topics.accounting),
    ),
    signals: found<AlertSignal>(
      topics.alertSignals,
      sunk(alertingRouter({ tickMs: 5000 }), events).outputs(topics.alertSignals),
    ),
    alerts: [],
    tasks: found<Task>(
      topics.automation,
      sunk(automation({ tickMs: 5000, policies }), events).outputs(topics.automation),
    ),
    letters: new Map([['accounting-sink', refused]]),
    redriven: new Map([['accounting-sink', new Map([[0, replayed]])]]),
    progress: new Map([
      ['processor', new Map([[0, progress]])],
      ['accounting-sink', new Map([[0, ledger]])],
    ]),
    counts: new Map(),
    digests: new Map(),
  }
  const bodyOf = (one: (typeof raw)[number]): string =>
    Buffer.from(one.value?.body ?? []).toString('utf8')
  const sent: Sent = {
    accepted: new Map(raw.map(one => [one.value?.delivery_id ?? '', bodyOf(one)])),
    bodies: new Set(raw.map(bodyOf)),
    unaccepted: 0,
  }
  return { evidence, sent }
}

function judged({ evidence, sent }: ReturnType<typeof healthy>): Violation[] {
  return [
    ...judgeEdge(evidence, sent),
    ...judgeProcessor(evidence, modelSettings),
    ...judgeSinks(evidence),
  ]
}

test('what a healthy product leaves has no violation', () => {
  const world = healthy()
  assert.deepEqual(judged(world), [])
  const { crm, entries, signals, partitions } = world.evidence
  assert.ok(crm.length > 200 && entries.length > 50 && signals.length > 10)
  assert.ok((world.evidence.letters.get('accounting-sink') ?? []).length >= 2)
  assert.ok((partitions[0]?.raw.length ?? 0) > 700)
})

function changed<Value>(list: Found<Value>[], at: number, change: (value: Value) => Value): void {
  const one = list[at]
  if (one !== undefined) list[at] = { ...one, value: change(one.value) }
}

function swapped<Value extends { offset: number }>(list: Value[], at: number): void {
  const [a, b] = [list[at], list[at + 1]]
  if (a !== undefined && b !== undefined) {
    list.splice(at, 2, { ...b, offset: a.offset }, { ...a, offset: b.offset })
  }
}

const planted: readonly [string, Violation['rule'], (world: ReturnType<typeof healthy>) => void][] =
  [
    ['a delivery answered 200 is not in raw', 'lost', ({ evidence }) => evidence.raw.splice(5, 1)],
    [
      'a record in raw was never sent',
      'wrong',
      ({ sent }) => {
        ;(sent.bodies as Set<string>).clear()
      },
    ],
    [
      'an event is not published',
      'lost',
      ({ evidence }) => {
        evidence.partitions[0]?.events.splice(7, 1)
      },
    ],
    [
      'an event is published twice',
      'repeated',
      ({ evidence }) => {
        const [around] = evidence.partitions
        const first = around?.events[3]
        if (first !== undefined) around?.events.push({ ...first, offset: 9999 })
      },
    ],
    [
      'two events changed places',
      'misordered',
      ({ evidence }) => {
        swapped(evidence.partitions[0]?.events ?? [], 3)
      },
    ],
    ['an event has no state', 'torn', ({ evidence }) => evidence.states.splice(-1, 1)],
    [
      'a state version is there twice',
      'repeated',
      ({ evidence }) => {
        const last = evidence.states.at(-1)
        if (last !== undefined) evidence.states.push({ ...last, offset: last.offset + 1 })
      },
    ],
    [
      'progress counts something else',
      'torn',
      ({ evidence }) => {
        const progress = evidence.progress.get('processor')?.get(0)
        if (progress !== undefined) progress.counts['published'] = 1
      },
    ],
    [
      'a letter came back that no progress counts',
      'torn',
      ({ evidence }) => {
        evidence.redriven.get('accounting-sink')?.set(0, 99)
      },
    ],
    ['a CRM record is missing', 'torn', ({ evidence }) => evidence.crm.splice(4, 1)],
    [
      'a CRM record is there twice',
      'repeated',
      ({ evidence }) => {
        const [one] = evidence.crm
        if (one !== undefined) evidence.crm.push({ ...one, offset: 9999 })
      },
    ],
    ['two CRM records changed places', 'misordered', ({ evidence }) => swapped(evidence.crm, 0)],
    [
      'a CRM record has another status',
      'wrong',
      ({ evidence }) => {
        changed(evidence.crm, 2, record => ({ ...record, status: 'gone' }))
      },
    ],
    [
      "a CRM record has another category than its source's",
      'wrong',
      ({ evidence }) => {
        changed(evidence.crm, 2, record => ({ ...record, category: 'ours' }))
      },
    ],
    [
      'a CRM record was never completed',
      'torn',
      ({ evidence: { crm } }) => {
        const at = crm.findIndex(({ value }) => value.completed_by !== null)
        crm.splice(at, 1)
      },
    ],
    [
      'a CRM record was completed with another customer',
      'wrong',
      ({ evidence: { crm } }) => {
        const at = crm.findIndex(({ value }) => value.completed_by !== null)
        changed(crm, at, record => ({ ...record, customer_id: 'somebody' }))
      },
    ],
    ['an entry is missing', 'torn', ({ evidence }) => evidence.entries.splice(4, 1)],
    [
      'an entry is out of balance',
      'wrong',
      ({ evidence }) => {
        changed(evidence.entries, 1, entry => ({ ...entry, lines: entry.lines.slice(1) }))
      },
    ],
    [
      'an entry has the sides swapped',
      'wrong',
      ({ evidence }) => {
        changed(evidence.entries, 1, entry => ({ ...entry, lines: entry.lines.toReversed() }))
      },
    ],
    [
      'a replayed letter is tried twice at the same attempt',
      'repeated',
      ({ evidence }) => {
        const letters = evidence.letters.get('accounting-sink') ?? []
        const last = letters.at(-1)
        if (last !== undefined) letters.push({ ...last, offset: 9999 })
      },
    ],
    [
      'a letter was left out between two attempts',
      'torn',
      ({ evidence }) => {
        const letters = evidence.letters.get('accounting-sink') ?? []
        changed(letters, letters.length - 1, letter => ({ ...letter, attempt: 3 }))
      },
    ],
    [
      'alerting refused a signal',
      'wrong',
      ({ evidence }) => {
        const [letter] = evidence.letters.get('accounting-sink') ?? []
        if (letter !== undefined) evidence.letters.set('alerting-sink', [letter])
      },
    ],
    [
      'an alert is opened twice',
      'misordered',
      ({ evidence: { alerts } }) => {
        const value = { dedup_key: 'k', status: 'OPEN', event_time: 1 } as Alert
        const place = { topic: topics.alerting.name, partition: 0, key: 'k' }
        alerts.push({ ...place, offset: 0, value })
        alerts.push({ ...place, offset: 1, value: { ...value, event_time: 2 } })
      },
    ],
    [
      'the ledger told of an entry that is not there',
      'torn',
      ({ evidence }) => {
        changed(evidence.signals, 0, signal => ({ ...signal, entry_id: 'nowhere' }))
      },
    ],
    [
      'a tick of a clock that is an hour ahead',
      'wrong',
      ({ evidence: { signals } }) => {
        const value = toTickSignal((appendedAtMs + 3_600_000) * 1000)
        const { name: topic } = topics.alertSignals
        signals.push({ topic, partition: 0, offset: 9999, key: 'tick/0', value, appendedAtMs })
      },
    ],
    [
      'a timer of a clock that is an hour ahead',
      'wrong',
      ({ evidence: { tasks } }) => {
        changed(tasks, 0, task => {
          const [line] = task.history
          if (line === undefined) return task
          const at = (appendedAtMs + 3_600_000) * 1000
          const fired = { ...line, at, event_id: null, event_type: null }
          return { ...task, history: [...task.history, fired] }
        })
      },
    ],
    ['an alert signal is missing', 'torn', ({ evidence }) => evidence.signals.splice(1, 1)],
    [
      'a task that was opened is not there',
      'torn',
      ({ evidence: { tasks } }) => {
        const [first] = tasks
        const left = tasks.filter(({ value }) => value.task_id !== first?.value.task_id)
        tasks.splice(0, tasks.length, ...left)
      },
    ],
    [
      'a step of a task is there twice',
      'repeated',
      ({ evidence: { tasks } }) => {
        const [first] = tasks
        if (first !== undefined) tasks.push({ ...first, offset: 9999 })
      },
    ],
    [
      'a task comes from a test',
      'wrong',
      ({ evidence: { tasks, events } }) => {
        const origin = tasks[0]?.value.origin
        const at = events.findIndex(
          one => one.topic === origin?.topic && one.offset === origin.offset,
        )
        changed(events, at, event => ({ ...event, mode: 'TEST' as const }))
      },
    ],
    [
      'a sink answered to an event that is not there',
      'wrong',
      ({ evidence }) => {
        changed(evidence.crm, 3, record => ({
          ...record,
          origin: { ...record.origin, offset: 99_999 },
        }))
      },
    ],
  ]

for (const [what, rule, plant] of planted) {
  test(`found: ${what}`, () => {
    const world = healthy()
    plant(world)
    const found = judged(world).map(violation => violation.rule)
    assert.ok(found.includes(rule), `${rule} is not among ${JSON.stringify(found)}`)
  })
}
