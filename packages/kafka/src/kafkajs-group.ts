// Group membership on kafkajs's connections: join, sync, heartbeat, leave. It only says which
// partitions are ours; correctness rests on the writers' fences, so a wrong belief costs time, not data.

import { FleetError, messageOf, systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { unreachable } from './errors.ts'
import { assignedPartitions, assignments, memberMetadata } from './group-protocol.ts'
import { createCluster, protocolErrorType } from './kafkajs.ts'
import type { BrokerNode, Cluster, ConnectionSettings } from './kafkajs.ts'
import { refusal } from './refusals.ts'
import type { GroupOptions, Membership, Position } from './ports.ts'

const assignerName = 'fleet-co-partitioned'
const sessionTimeoutMsDefault = 10_000
const rebalanceTimeoutMsDefault = 30_000
const retryMsMin = 100
const retryMsMax = 3000
/** Each step of leaving waits at most this long: a process that stops has ten seconds in all. */
const leaveWaitMs = 2000
/** The first heartbeat after a join: members that start together must not wait for each other. */
const settlingMs = 250
/** A first join is tried this long before the caller is told; other members joining delay it. */
const firstJoinMs = 60_000

/** The group is there, its coordinator is not, or not yet: the membership may well be alive. */
const laterTypes = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
])
/** Errors after which joining again is pointless; missing rights are among the refusals. */
const hopelessTypes = new Set([
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'GROUP_MAX_SIZE_REACHED',
])

export async function joinKafkaJsGroup(
  settings: ConnectionSettings,
  options: GroupOptions,
  clock: Clock = systemClock,
): Promise<Membership> {
  const group = new KafkaJsGroup(() => createCluster(settings), options, clock)
  try {
    await group.start()
  } catch (error) {
    await group.leave()
    if (error instanceof FleetError && error.fate === 'fatal') throw error
    throw unreachable(settings.brokers, error)
  }
  return group
}

export class KafkaJsGroup implements Membership {
  readonly #open: () => Cluster
  readonly #cluster: Cluster
  readonly #options: GroupOptions
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  #coordinator: BrokerNode | null = null
  #generationId = -1
  /** Partitions of each input at the first join; they must never change under a running stage. */
  #joinedWith: number | undefined
  #memberId = ''
  #running: Promise<void> = Promise.resolve()
  #fail: (error: FleetError) => void = () => {}
  readonly failed: Promise<never>

  constructor(open: () => Cluster, options: GroupOptions, clock: Clock) {
    this.#open = open
    this.#cluster = open()
    this.#options = options
    this.#clock = clock
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
  }

  get memberId(): string {
    return this.#memberId
  }

  /** Joins, then keeps the membership in the background. */
  async start(): Promise<void> {
    await this.#cluster.connect()
    await this.#join(this.#clock.elapsedMs() + firstJoinMs)
    this.#running = this.#heartbeats().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#fail(this.#hopeless(error))
    })
  }

  #hopeless(error: unknown): FleetError {
    if (error instanceof FleetError && error.fate === 'fatal') return error
    const refused = refusal(error)
    if (refused !== null) return refused
    const message = `Group ${this.#options.groupId}: ${messageOf(error)}`
    return new FleetError('MEMBERSHIP_LOST', 'fatal', message, { cause: error })
  }

  /** Until it succeeds; a group in motion refuses members for all kinds of passing reasons. */
  async #join(deadlineMs: number): Promise<void> {
    let waitMs = retryMsMin
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#joinOnce()
        return
      } catch (error) {
        const type = protocolErrorType(error)
        const isHopeless = type !== undefined && hopelessTypes.has(type)
        if (isHopeless || refusal(error) !== null) throw this.#hopeless(error)
        if (error instanceof FleetError && error.fate === 'fatal') throw error
        if (this.#clock.elapsedMs() > deadlineMs) throw error
        if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
        await this.#clock.sleep(waitMs, this.#stopping.signal)
        // Another member came or went while we joined: the group waits for us, not we for it.
        waitMs = type === 'REBALANCE_IN_PROGRESS' ? retryMsMin : Math.min(waitMs * 2, retryMsMax)
      }
    }
  }

  async #joinOnce(): Promise<void> {
    const { groupId, topics } = this.#options
    const { signal } = this.#stopping
    await this.#cluster.connect()
    await this.#cluster.addMultipleTargetTopics([...topics])
    await this.#cluster.refreshMetadata()
    const partitionCount = this.#partitionCount()
    const coordinator = await this.#cluster.findGroupCoordinator({ groupId })
    if (signal.aborted) return
    this.#coordinator = coordinator
    const joined = await coordinator.joinGroup({
      groupId,
      sessionTimeout: this.#sessionTimeoutMs(),
      rebalanceTimeout: this.#options.rebalanceTimeoutMs ?? rebalanceTimeoutMsDefault,
      memberId: this.#memberId,
      groupProtocols: [{ name: assignerName, metadata: memberMetadata(topics) }],
    })
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    if (signal.aborted) return
    const leads = joined.leaderId === joined.memberId
    const synced = await coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: leads ? assignments(joined.members, topics, partitionCount) : [],
    })
    // Who has asked to leave must not begin work again.
    if (signal.aborted) return
    this.#options.onAssigned(assignedPartitions(synced.memberAssignment))
  }

  #partitionCount(): number {
    const counts = this.#options.topics.map(topic => ({
      topic,
      count: this.#cluster.findTopicPartitionMetadata(topic).length,
    }))
    const first = counts[0]?.count ?? 0
    const list = counts.map(({ topic, count }) => `${topic}: ${count}`).join(', ')
    if (counts.some(({ count }) => count !== first || count === 0)) {
      throw new FleetError(
        'PARTITION_MISMATCH',
        'fatal',
        `Inputs must have the same number of partitions (${list}); run fleet topics plan`,
      )
    }
    this.#joinedWith ??= first
    if (first !== this.#joinedWith) {
      throw new FleetError(
        'PARTITION_MISMATCH',
        'fatal',
        `Inputs had ${this.#joinedWith} partitions and now have others (${list}); keys would move ` +
          'away from their state; run fleet topics plan',
      )
    }
    return first
  }

  #sessionTimeoutMs(): number {
    return this.#options.sessionTimeoutMs ?? sessionTimeoutMsDefault
  }

  /** Heartbeats until left; rejoins when the group rebalances. */
  async #heartbeats(): Promise<void> {
    const { signal } = this.#stopping
    const intervalMs = Math.min(3000, this.#sessionTimeoutMs() / 4)
    let answeredMs = this.#clock.elapsedMs()
    let waitMs = Math.min(settlingMs, intervalMs)
    while (!signal.aborted) {
      await this.#clock.sleep(waitMs, signal)
      waitMs = Math.min(waitMs * 3, intervalMs)
      if (signal.aborted) return
      try {
        await this.#heartbeat()
        answeredMs = this.#clock.elapsedMs()
      } catch (error) {
        const type = protocolErrorType(error)
        if (type !== undefined && hopelessTypes.has(type)) throw error
        if (refusal(error) !== null) throw error
        if (type === 'UNKNOWN_MEMBER_ID' || type === 'FENCED_INSTANCE_ID') this.#memberId = ''
        if (type === undefined || laterTypes.has(type)) this.#coordinator = null
        const silentMs = this.#clock.elapsedMs() - answeredMs
        if (this.#coordinator === null && silentMs <= this.#sessionTimeoutMs()) continue
        await this.#options.onRevoked()
        await this.#join(Infinity)
        answeredMs = this.#clock.elapsedMs()
        waitMs = Math.min(settlingMs, intervalMs)
      }
    }
  }

  async #heartbeat(): Promise<void> {
    const { groupId } = this.#options
    if (this.#coordinator === null) {
      await this.#cluster.connect()
      await this.#cluster.refreshMetadata()
      this.#coordinator = await this.#cluster.findGroupCoordinator({ groupId })
    }
    await this.#coordinator.heartbeat({
      groupId,
      groupGenerationId: this.#generationId,
      memberId: this.#memberId,
    })
  }

  async commitOffsets(positions: readonly Position[]): Promise<void> {
    const byTopic = new Map<string, { partition: number; offset: string }[]>()
    for (const { topic, partition, offset } of positions) {
      if (offset < 0) continue
      const entry = { partition, offset: String(offset) }
      const list = byTopic.get(topic)
      if (list === undefined) byTopic.set(topic, [entry])
      else list.push(entry)
    }
    if (byTopic.size === 0 || this.#coordinator === null) return
    try {
      await this.#coordinator.offsetCommit({
        groupId: this.#options.groupId,
        groupGenerationId: this.#generationId,
        memberId: this.#memberId,
        topics: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
      })
    } catch {
      // For display only; the next commit says it again.
    }
  }

  /** Bounded in time, whatever the broker does; what it never heard, the session timeout tells it. */
  async leave(): Promise<void> {
    this.#stopping.abort()
    const isIdle = await this.#within(this.#running)
    const coordinator = this.#coordinator
    if (this.#memberId !== '') {
      // Behind a join that waits for others, our own connection takes no request.
      const leaving =
        isIdle && coordinator !== null ? this.#leaveBy(coordinator) : this.#leaveByAnother()
      await this.#within(leaving)
    }
    // A connection being made while we disconnect would outlive us.
    const closing = this.#running.then(() => this.#cluster.disconnect())
    if (!isIdle) await this.#within(this.#cluster.disconnect())
    await this.#within(closing)
  }

  async #leaveBy(coordinator: BrokerNode): Promise<void> {
    await coordinator.leaveGroup({ groupId: this.#options.groupId, memberId: this.#memberId })
  }

  async #leaveByAnother(): Promise<void> {
    const cluster = this.#open()
    try {
      await cluster.connect()
      await cluster.refreshMetadata()
      await this.#leaveBy(await cluster.findGroupCoordinator({ groupId: this.#options.groupId }))
    } finally {
      await cluster.disconnect()
    }
  }

  /** Whether it ended in time; failures count as an end. */
  async #within(work: Promise<unknown>): Promise<boolean> {
    const cancel = new AbortController()
    const ended = work.then(
      () => true,
      () => true,
    )
    const late = this.#clock.sleep(leaveWaitMs, cancel.signal).then(() => false)
    try {
      return await Promise.race([ended, late])
    } finally {
      cancel.abort()
    }
  }
}
