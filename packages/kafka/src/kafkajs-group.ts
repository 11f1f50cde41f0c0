// Group membership on kafkajs's connections: join, sync, heartbeat, leave. It only says which
// partitions are ours; correctness rests on the writers' fences, so a wrong belief costs time, not data.

import { FleetError, messageOf, systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { coPartitioned } from './assignment.ts'
import { createCluster, MemberAssignment, MemberMetadata, protocolErrorType } from './kafkajs.ts'
import type { BrokerNode, Cluster, ConnectionSettings } from './kafkajs.ts'
import type { GroupOptions, Membership, Position } from './ports.ts'

const assignerName = 'fleet-co-partitioned'
const sessionTimeoutMsDefault = 10_000
const rebalanceTimeoutMsDefault = 30_000
const retryMsMin = 100
const retryMsMax = 3000
/** A join under way when we leave is not waited for longer than this. */
const leaveWaitMs = 2000

/** Errors after which joining again is pointless: settings, rights. */
const hopelessTypes = new Set([
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
])

export async function joinKafkaJsGroup(
  settings: ConnectionSettings,
  options: GroupOptions,
  clock: Clock = systemClock,
): Promise<Membership> {
  const cluster = createCluster(settings)
  const group = new KafkaJsGroup(cluster, options, clock)
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics([...options.topics])
    await group.join()
  } catch (error) {
    await cluster.disconnect().catch(() => {})
    throw error
  }
  void group.run()
  return group
}

class KafkaJsGroup implements Membership {
  readonly #cluster: Cluster
  readonly #options: GroupOptions
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  #coordinator: BrokerNode | null = null
  #generationId = -1
  #memberId = ''
  #running: Promise<void> = Promise.resolve()
  #fail: (error: FleetError) => void = () => {}
  readonly failed: Promise<never>

  constructor(cluster: Cluster, options: GroupOptions, clock: Clock) {
    this.#cluster = cluster
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

  async join(): Promise<void> {
    const { groupId, topics } = this.#options
    const partitionCount = this.#partitionCount()
    this.#coordinator = await this.#cluster.findGroupCoordinator({ groupId })
    const joined = await this.#coordinator.joinGroup({
      groupId,
      sessionTimeout: this.#sessionTimeoutMs(),
      rebalanceTimeout: this.#options.rebalanceTimeoutMs ?? rebalanceTimeoutMsDefault,
      memberId: this.#memberId,
      groupProtocols: [
        {
          name: assignerName,
          metadata: MemberMetadata.encode({
            version: 0,
            topics: [...topics],
            userData: Buffer.alloc(0),
          }),
        },
      ],
    })
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const leads = joined.leaderId === joined.memberId
    const synced = await this.#coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: leads ? this.#assign(joined.members, partitionCount) : [],
    })
    const decoded = MemberAssignment.decode(synced.memberAssignment)
    const partitions = new Set<number>()
    for (const list of Object.values(decoded?.assignment ?? {})) {
      for (const partition of list) partitions.add(partition)
    }
    this.#options.onAssigned([...partitions].toSorted((a, b) => a - b))
  }

  #assign(
    members: readonly { memberId: string }[],
    partitionCount: number,
  ): { memberId: string; memberAssignment: Buffer }[] {
    const assignment = coPartitioned(
      members.map(({ memberId }) => memberId),
      partitionCount,
    )
    return [...assignment].map(([memberId, partitions]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({
        version: 0,
        assignment: Object.fromEntries(this.#options.topics.map(topic => [topic, partitions])),
        userData: Buffer.alloc(0),
      }),
    }))
  }

  #partitionCount(): number {
    const counts = this.#options.topics.map(topic => ({
      topic,
      count: this.#cluster.findTopicPartitionMetadata(topic).length,
    }))
    const first = counts[0]?.count ?? 0
    if (counts.some(({ count }) => count !== first || count === 0)) {
      const list = counts.map(({ topic, count }) => `${topic}: ${count}`).join(', ')
      throw new FleetError(
        'PARTITION_MISMATCH',
        'fatal',
        `Inputs must have the same number of partitions (${list}); run fleet topics plan`,
      )
    }
    return first
  }

  #sessionTimeoutMs(): number {
    return this.#options.sessionTimeoutMs ?? sessionTimeoutMsDefault
  }

  /** Heartbeats until left; rejoins when the group rebalances. */
  run(): Promise<void> {
    this.#running = this.#heartbeats().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      const message = `Group ${this.#options.groupId}: ${messageOf(error)}`
      this.#fail(
        error instanceof FleetError && error.fate === 'fatal'
          ? error
          : new FleetError('MEMBERSHIP_LOST', 'fatal', message, { cause: error }),
      )
    })
    return this.#running
  }

  async #heartbeats(): Promise<void> {
    const { signal } = this.#stopping
    const intervalMs = Math.min(3000, this.#sessionTimeoutMs() / 4)
    let answeredMs = this.#clock.elapsedMs()
    while (!signal.aborted) {
      await this.#clock.sleep(intervalMs, signal)
      if (signal.aborted) return
      try {
        await this.#heartbeat()
        answeredMs = this.#clock.elapsedMs()
      } catch (error) {
        const type = protocolErrorType(error)
        if (type !== undefined && hopelessTypes.has(type)) throw error
        if (type === 'UNKNOWN_MEMBER_ID' || type === 'FENCED_INSTANCE_ID') this.#memberId = ''
        const silentMs = this.#clock.elapsedMs() - answeredMs
        const expired = silentMs > this.#sessionTimeoutMs()
        if (type === undefined || type === 'NOT_COORDINATOR_FOR_GROUP') this.#coordinator = null
        const keepTrying = this.#coordinator === null && !expired
        if (keepTrying || type === 'GROUP_COORDINATOR_NOT_AVAILABLE') continue
        await this.#options.onRevoked()
        await this.#rejoin()
        answeredMs = this.#clock.elapsedMs()
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

  async #rejoin(): Promise<void> {
    let waitMs = retryMsMin
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#cluster.connect()
        await this.#cluster.refreshMetadata()
        await this.join()
        return
      } catch (error) {
        const type = protocolErrorType(error)
        if (type !== undefined && hopelessTypes.has(type)) throw error
        if (error instanceof FleetError && error.fate === 'fatal') throw error
        if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
        await this.#clock.sleep(waitMs, this.#stopping.signal)
        waitMs = Math.min(waitMs * 2, retryMsMax)
      }
    }
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

  async leave(): Promise<void> {
    this.#stopping.abort()
    await Promise.race([this.#running, this.#clock.sleep(leaveWaitMs)])
    try {
      const request = { groupId: this.#options.groupId, memberId: this.#memberId }
      if (this.#memberId !== '') await this.#coordinator?.leaveGroup(request)
    } catch {
      // The session timeout removes us.
    }
    await this.#cluster.disconnect()
  }
}
