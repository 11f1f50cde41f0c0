// Membership when the group is in motion: what a refused join, a heartbeat’s error and a leave lead to.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'

import { FleetError, sleepBy, systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { assignments } from '../src/group-protocol.ts'
import type { BrokerNode } from '../src/kafkajs.ts'
import { KafkaJsGroup } from '../src/kafkajs-group.ts'
import type { Membership } from '../src/ports.ts'
import { fakeCluster, protocolError } from './fake-cluster.ts'
import type { FakeCluster } from './fake-cluster.ts'

const deadlineMs = 30_000
/** Heartbeats every quarter of it; longer than a busy machine may hold up a process of its tests. */
const sessionTimeoutMs = 1200
const topics = ['a']

interface World {
  cluster: FakeCluster
  coordinator: Partial<BrokerNode>
  joins: string[]
  left: string[]
  events: string[]
  group: KafkaJsGroup
  others: FakeCluster[]
}

/** A group of one whose coordinator lets everything pass; tests replace what they are about. */
function world(context: TestContext, clock: Clock = systemClock): World {
  const joins: string[] = []
  const left: string[] = []
  const events: string[] = []
  const coordinator: Partial<BrokerNode> = {
    joinGroup: ({ memberId }) => {
      joins.push(memberId)
      const members = [{ memberId: 'm', memberMetadata: Buffer.alloc(0) }]
      return Promise.resolve({ generationId: 1, leaderId: 'm', memberId: 'm', members })
    },
    syncGroup: () => {
      const [mine] = assignments([{ memberId: 'm' }], topics, 2)
      return Promise.resolve({ memberAssignment: mine?.memberAssignment ?? Buffer.alloc(0) })
    },
    heartbeat: () => Promise.resolve(),
    leaveGroup: ({ memberId }) => {
      left.push(memberId)
      return Promise.resolve()
    },
  }
  const others: FakeCluster[] = []
  const open = (): FakeCluster => {
    const cluster = fakeCluster({ 'a/0': 1, 'a/1': 1 })
    cluster.nodes.set('coordinator', coordinator)
    others.push(cluster)
    return cluster
  }
  const options = {
    groupId: 'g',
    topics,
    sessionTimeoutMs,
    onRevoked: () => {
      events.push('revoked')
      return Promise.resolve()
    },
    onAssigned: (partitions: readonly number[]) =>
      void events.push(`assigned ${partitions.join()}`),
  }
  const group = new KafkaJsGroup(open, options, clock)
  // A failed test must not leave heartbeats behind, which would keep the file from ending.
  context.after(() => group.leave())
  const cluster = others[0] ?? assert.fail('no cluster')
  return { cluster, coordinator, joins, left, events, group, others }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    assert.ok(performance.now() < end, `timed out: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

for (const type of [
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
]) {
  test(`a first join refused with ${type} is repeated, not the end of the process`, async context => {
    const { coordinator, events, group } = world(context)
    const sync = coordinator.syncGroup
    let refusals = 2
    coordinator.syncGroup = request =>
      refusals-- > 0
        ? Promise.reject(protocolError(type))
        : (sync?.(request) ?? assert.fail('no sync'))
    await group.start()
    assert.deepEqual(events, ['assigned 0,1'])
    await group.leave()
  })
}

const forGood: readonly (readonly [string, string])[] = [
  ['GROUP_AUTHORIZATION_FAILED', 'KAFKA_AUTHORIZATION'],
  ['INVALID_GROUP_ID', 'MEMBERSHIP_LOST'],
]
for (const [type, code] of forGood) {
  test(`a first join refused as ${type} is a fatal ${code} at once`, async context => {
    const { coordinator, group } = world(context)
    coordinator.joinGroup = () => Promise.reject(protocolError(type))
    await assert.rejects(group.start(), { code, fate: 'fatal' })
    await group.leave()
  })
}

test('credentials refused while a membership is kept end it instead of trying for ever', async context => {
  const { coordinator, group, cluster } = world(context)
  await group.start()
  const refused = Object.assign(new Error('x'), { name: 'KafkaJSSASLAuthenticationError' })
  coordinator.heartbeat = () => Promise.reject(refused)
  cluster.connect = () => Promise.reject(refused)
  await assert.rejects(group.failed, { code: 'KAFKA_AUTHENTICATION', fate: 'fatal' })
  await group.leave()
})

const afterHeartbeat: readonly [string, { rejoinsAs: string } | 'stays'][] = [
  ['REBALANCE_IN_PROGRESS', { rejoinsAs: 'm' }],
  ['ILLEGAL_GENERATION', { rejoinsAs: 'm' }],
  ['UNKNOWN_MEMBER_ID', { rejoinsAs: '' }],
  ['NOT_COORDINATOR_FOR_GROUP', 'stays'],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 'stays'],
  ['GROUP_LOAD_IN_PROGRESS', 'stays'],
]
for (const [type, outcome] of afterHeartbeat) {
  const what = outcome === 'stays' ? 'keeps the membership' : 'revokes and joins again'
  test(`a heartbeat answered ${type} ${what}`, async context => {
    const { coordinator, events, joins, group } = world(context)
    let beats = 0
    coordinator.heartbeat = () => {
      beats++
      return beats === 1 ? Promise.reject(protocolError(type)) : Promise.resolve()
    }
    await group.start()
    await until(() => beats >= 3, 'heartbeats go on')
    const again = outcome === 'stays' ? [] : ['revoked', 'assigned 0,1']
    assert.deepEqual(events, ['assigned 0,1', ...again])
    assert.deepEqual(joins, outcome === 'stays' ? [''] : ['', outcome.rejoinsAs])
    await group.leave()
  })
}

test('a member that can’t reach the coordinator for a session stops its work', async context => {
  const { coordinator, cluster, events, group } = world(context)
  await group.start()
  coordinator.heartbeat = () => Promise.reject(new Error('connection closed'))
  cluster.findGroupCoordinator = () => Promise.reject(new Error('no broker'))
  await until(() => events.includes('revoked'), 'revoked')
  cluster.findGroupCoordinator = () => Promise.resolve(coordinator as BrokerNode)
  await until(() => events.length === 3, 'assigned again')
  assert.deepEqual(events, ['assigned 0,1', 'revoked', 'assigned 0,1'])
  coordinator.heartbeat = () => Promise.resolve()
  await group.leave()
})

/** Time that passes only while work is done, so that a busy machine changes nothing. */
function workingTime(): Clock & { work: (ms: number) => Promise<void> } {
  let nowMs = 0
  const timers = new Set<{ atMs: number; callback: () => void }>()
  const after: Clock['after'] = (ms, callback) => {
    const timer = { atMs: nowMs + ms, callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const work = async (ms: number): Promise<void> => {
    nowMs += ms
    for (const timer of timers) if (timer.atMs <= nowMs && timers.delete(timer)) timer.callback()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { wallMs: () => nowMs, elapsedMs: () => nowMs, after, sleep: sleepBy(after), work }
}

test('work that takes longer than a session keeps its membership, without a rebalance', async context => {
  const clock = workingTime()
  const { coordinator, events, joins, group } = world(context, clock)
  let heardMs = 0
  coordinator.heartbeat = () => {
    const silentMs = clock.elapsedMs() - heardMs
    heardMs = clock.elapsedMs()
    // As a broker does with a member it heard nothing from.
    if (silentMs > sessionTimeoutMs) return Promise.reject(protocolError('UNKNOWN_MEMBER_ID'))
    return Promise.resolve()
  }
  await group.start()
  // One record whose handling lasts ten sessions, in turns of the event loop of half a session.
  for (let turn = 0; turn < 20; turn++) await clock.work(sessionTimeoutMs / 2)
  assert.ok(clock.elapsedMs() - heardMs <= sessionTimeoutMs / 2, 'heartbeats go on during the work')
  assert.deepEqual(events, ['assigned 0,1'])
  assert.deepEqual(joins, [''])
  // Nothing is heard during a turn of the event loop that is longer than a session: it costs a rebalance.
  await clock.work(sessionTimeoutMs * 2)
  await until(() => events.length === 3, 'revoked and assigned again')
  assert.deepEqual(events, ['assigned 0,1', 'revoked', 'assigned 0,1'])
})

test('inputs that got another partition end the membership for good, with a message that says so', async context => {
  const { coordinator, cluster, events, group } = world(context)
  await group.start()
  cluster.leaders.set('a/2', 1)
  coordinator.heartbeat = () => Promise.reject(protocolError('REBALANCE_IN_PROGRESS'))
  await assert.rejects((group as Membership).failed, (error: unknown) => {
    assert.ok(error instanceof FleetError)
    assert.deepEqual([error.code, error.fate], ['PARTITION_MISMATCH', 'fatal'])
    assert.match(error.message, /had 2 partitions and now have others \(a: 3\)/)
    return true
  })
  assert.deepEqual(events, ['assigned 0,1', 'revoked'])
})

test('leaving while a join waits for others is quick, told to the group, and starts no work', async context => {
  const { coordinator, events, left, joins, group, others } = world(context)
  const join = coordinator.joinGroup
  await group.start()
  let finishJoin: () => void = () => {}
  coordinator.joinGroup = async request => {
    await new Promise<void>(resolve => (finishJoin = resolve))
    return join?.(request) ?? assert.fail('no join')
  }
  coordinator.heartbeat = () => Promise.reject(protocolError('REBALANCE_IN_PROGRESS'))
  await until(() => events.includes('revoked'), 'rejoining')
  const started = performance.now()
  const leaving: Promise<void> = (group as Membership).leave()
  await leaving
  assert.ok(performance.now() - started < 7000, 'within the time a stopping process has')
  assert.deepEqual(left, ['m'])
  assert.equal(others.length, 2, 'told by another connection')
  finishJoin()
  await until(() => joins.length === 2, 'the join has ended')
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(events, ['assigned 0,1', 'revoked'])
  for (const { calls } of others) assert.equal(calls.at(-1), 'disconnect')
})
