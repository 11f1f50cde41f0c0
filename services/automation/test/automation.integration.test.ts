// From event to closed task on a real broker, with a process that is killed while timers run. Judged by
// Kafka's Java client: every version of every task once, none twice.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { Task } from '@fleet/contracts'
import { fateOf, systemClock } from '@fleet/runtime'

import { readCommitted } from '../../../test/support/committed-reader.ts'
import { eventOf } from './build-event.ts'
import { completeEvent } from './complete-event.ts'
import { brokerAt, codecOfAll, createTopics } from './real-stage.ts'

const brokers = process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092'
const partitions = 2
const deadlineMs = 60_000
const program = fileURLToPath(new URL('automation-process.ts', import.meta.url))
const prefix = `automation-test.${randomUUID()}.`

function start(): ChildProcess {
  const args = ['--import', 'tsx', program, brokers, prefix]
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

test('a task is opened, falls overdue while its process is dead, and is closed, each once', async () => {
  const broker = brokerAt(brokers, prefix)
  await createTopics(broker, partitions)
  const codec = await codecOfAll()
  const appender = await broker.openAppender()
  const reader = await broker.openReader()
  const everything = Array.from({ length: partitions }, (_, partition) => ({
    topic: topics.automation.name,
    partition,
    offset: 0,
  }))
  const seen: string[] = []
  const until = async (what: string, lines: readonly string[]): Promise<void> => {
    const end = performance.now() + deadlineMs
    while (!lines.every(line => seen.some(one => one.startsWith(line)))) {
      assert.ok(performance.now() < end, `timed out: ${what}; seen: ${seen.join()}`)
      const { records } = await stream.take(100, 200)
      for (const { value } of records) {
        if (value === null) continue
        const task = codec.decode(topics.automation, value) as Task
        seen.push(`${task.resource.id} ${task.state} ${task.version}`)
      }
    }
  }
  const tell = async (type: string, id: string): Promise<void> => {
    const value = eventOf({ type, id, at: systemClock.wallMs(), tenant: 'demo' })
    const key = resourceKey('demo', 'violation', id)
    const topic = topics.events.violation
    const record = { topic: topic.name, partition: partitionOf(key, partitions), key }
    const end = performance.now() + deadlineMs
    for (;;) {
      try {
        await appender.append({ ...record, value: codec.encode(topic, completeEvent(value)) })
        return
      } catch (error) {
        // A new topic's leader may not be there yet.
        if (fateOf(error) !== 'transient' || performance.now() > end) throw error
        await systemClock.sleep(50)
      }
    }
  }
  const stream = reader.open(everything)
  const processes = [start()]
  try {
    for (const id of ['V1', 'V2', 'V3']) await tell('violation.disputed', id)
    await until('reviews open', ['V1 OPEN 1', 'V2 OPEN 1', 'V3 OPEN 1'])
    processes[0]?.kill('SIGKILL')
    await tell('violation.charged', 'V3')
    processes.push(start())
    await until('what fell overdue in between', ['V1 OVERDUE 2', 'V2 OVERDUE 2'])
    await tell('violation.charged', 'V1')
    await tell('violation.withdrawn', 'V2')
    await until('reviews close', ['V1 DONE 3', 'V2 DONE 3'])
    await until('the third, which may have been overdue or not', ['V3 DONE'])
    const last = processes[1]
    const exited = new Promise(resolve => last?.on('exit', resolve))
    last?.kill('SIGTERM')
    assert.equal(await exited, 0)

    const written = await readCommitted(brokers, [prefix + topics.automation.name])
    const versions = new Map<string, number[]>()
    for (const { value } of written) {
      const task = codec.decode(topics.automation, value ?? Buffer.alloc(0)) as Task
      versions.set(task.resource.id, [...(versions.get(task.resource.id) ?? []), task.version])
    }
    assert.deepEqual(versions.get('V1'), [1, 2, 3])
    assert.deepEqual(versions.get('V2'), [1, 2, 3])
    const third = versions.get('V3') ?? []
    assert.deepEqual(
      third,
      third.map((_, index) => index + 1),
    )
  } finally {
    for (const child of processes) child.kill('SIGKILL')
    stream.close()
    await reader.close()
    await appender.close()
  }
})
