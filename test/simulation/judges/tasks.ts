// Automation: every task and every step of it is what a plain model makes of the events and ticks, in
// the order in which the stage's own transactions took them. Of what one event causes the order is free.

import { topics } from '@fleet/contracts'
import type { Task } from '@fleet/contracts'

import type { History, Violation } from './history.ts'
import { TaskModel, textOf } from './task-model.ts'
import type { Line, Told } from './task-model.ts'
import { rules } from './task-rules.ts'
import type { Rule } from './task-rules.ts'

/** What one transaction of the stage took. */
interface Take {
  readonly positions: Readonly<Record<string, number>>
  /** Milliseconds; null: no tick. */
  readonly tickMs: number | null
}

export function judgeTasks(history: History): Violation[] {
  const violations: Violation[] = []
  for (let partition = 0; partition < history.partitions; partition++) {
    const written = writtenBy(history, partition)
    const takes = takesOf(history, partition)
    for (const rule of rules) {
      const must = textsOf(expected(history, partition, takes, rule))
      const found = textsOf(written.get(rule.kind) ?? [])
      written.delete(rule.kind)
      if (found.join() === must.join()) continue
      const at = must.findIndex((line, index) => line !== found[index])
      const index = at < 0 ? must.length : at
      const detail = `${rule.kind} of ${partition}: number ${index} is ${found[index]}, must be ${must[index]}`
      violations.push({ rule: found.length < must.length ? 'lost-write' : 'wrong-tasks', detail })
    }
    for (const kind of written.keys()) {
      violations.push({ rule: 'wrong-tasks', detail: `nobody asked for ${kind} of ${partition}` })
    }
  }
  return violations
}

/** In their order, but for what comes from one event. */
function textsOf(lines: readonly Line[]): string[] {
  const texts: string[] = []
  let from = 0
  for (let to = 1; to <= lines.length; to++) {
    const eventId = lines[from]?.eventId
    if (to < lines.length && eventId !== null && lines[to]?.eventId === eventId) continue
    texts.push(
      ...lines
        .slice(from, to)
        .map(({ text }) => text)
        .toSorted(),
    )
    from = to
  }
  return texts
}

function writtenBy(history: History, partition: number): Map<string, Line[]> {
  const lines = new Map<string, Line[]>()
  for (const entry of history.committed(topics.automation, partition)) {
    const task = history.value<Task>(topics.automation, entry)
    if (task === null) continue
    const key = String(entry.record.key)
    const text = textOf(task.subject === null ? key : `${key}/${task.subject}`, task)
    const line = { eventId: task.history.at(-1)?.event_id ?? null, text }
    const list = lines.get(task.kind)
    if (list === undefined) lines.set(task.kind, [line])
    else list.push(line)
  }
  return lines
}

function takesOf(history: History, partition: number): Take[] {
  const takes: Take[] = []
  let before = 0
  for (const { record } of history.committed(topics.changelogs.automation, partition)) {
    if (record.key?.toString('utf8') !== '!progress' || record.value === null) continue
    const { positions, lastTickMs } = JSON.parse(record.value.toString('utf8')) as {
      positions: Record<string, number>
      lastTickMs: number
    }
    takes.push({ positions, tickMs: lastTickMs === before ? null : lastTickMs })
    before = lastTickMs
  }
  return takes
}

function expected(
  history: History,
  partition: number,
  takes: readonly Take[],
  rule: Rule,
): readonly Line[] {
  const topic = topics.events[rule.domain]
  const events = history.committed(topic, partition)
  const model = new TaskModel(rule)
  let next = 0
  for (const { positions, tickMs } of takes) {
    const end = positions[topic.name] ?? 0
    for (; next < events.length; next++) {
      const entry = events[next]
      if (entry === undefined || entry.record.offset >= end) break
      const event = history.value<Told>(topic, entry)
      if (event !== null) model.event(String(entry.record.key), event)
    }
    if (tickMs !== null) model.tick(tickMs * 1000)
  }
  return model.lines
}
