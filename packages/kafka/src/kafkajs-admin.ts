// Administration by kafkajs's admin client: topics, offsets, groups. Its `high` offsets are the last
// stable ones (reliability F9), which is what readers of committed records want.

import { systemClock } from '@fleet/runtime'

import { unreachable } from './errors.ts'
import { ConfigResourceTypes, createAdmin, MemberAssignment } from './kafkajs.ts'
import type { ConnectionSettings, KafkaJsAdmin } from './kafkajs.ts'
import type {
  Admin,
  GroupDescription,
  NewTopic,
  PartitionOffsets,
  Position,
  TopicDescription,
} from './ports.ts'

/** How long a new topic may take until all its partitions are led, and how often that is asked. */
const leaderMsMax = 15_000
const leaderRetryMs = 50

export async function openKafkaJsAdmin(settings: ConnectionSettings): Promise<Admin> {
  const admin = createAdmin(settings)
  try {
    await admin.connect()
  } catch (error) {
    await admin.disconnect().catch(() => {})
    throw unreachable(settings.brokers, error)
  }
  return new KafkaJsAdminAdapter(admin)
}

class KafkaJsAdminAdapter implements Admin {
  readonly #admin: KafkaJsAdmin
  #lookUps: Promise<unknown> = Promise.resolve()

  constructor(admin: KafkaJsAdmin) {
    this.#admin = admin
  }

  async describeTopics(names: readonly string[]): Promise<(TopicDescription | null)[]> {
    const existing = new Set(await this.#admin.listTopics())
    const wanted = names.filter(name => existing.has(name))
    if (wanted.length === 0) return names.map(() => null)
    const { topics } = await this.#inTurn(() => this.#admin.fetchTopicMetadata({ topics: wanted }))
    const { resources } = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: wanted.map(name => ({ type: ConfigResourceTypes.TOPIC, name })),
    })
    return names.map(name => {
      const metadata = topics.find(topic => topic.name === name)
      if (metadata === undefined) return null
      const entries =
        resources.find(resource => resource.resourceName === name)?.configEntries ?? []
      return {
        name,
        partitions: metadata.partitions.length,
        replicationFactor: metadata.partitions[0]?.replicas.length ?? 0,
        config: Object.fromEntries(
          entries.map(({ configName, configValue }) => [configName, configValue]),
        ),
      }
    })
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return
    await this.#admin.createTopics({
      // The client's own waiting fails when the broker it asks has not heard of the topic yet.
      waitForLeaders: false,
      timeout: 30_000,
      topics: topics.map(topic => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        configEntries: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
      })),
    })
    for (const { name } of topics) await this.#untilLed(name)
  }

  /** A leader may be named before it leads: the topic can be used when it answers for its offsets. */
  async #untilLed(topic: string): Promise<void> {
    const end = systemClock.elapsedMs() + leaderMsMax
    for (;;) {
      try {
        await this.offsets(topic)
        return
      } catch (error) {
        if (systemClock.elapsedMs() > end) throw error
        await systemClock.sleep(leaderRetryMs)
      }
    }
  }

  async alterTopicConfig(name: string, config: Record<string, string>): Promise<void> {
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
    await this.#admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
    })
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    const list = await this.#inTurn(() => this.#admin.fetchTopicOffsets(topic))
    return list
      .map(({ partition, low, high }) => ({
        partition,
        logStart: Number(low),
        lastStable: Number(high),
      }))
      .toSorted((a, b) => a.partition - b.partition)
  }

  async offsetsAtTime(topic: string, timestampMs: number): Promise<Position[]> {
    const list = await this.#inTurn(() =>
      this.#admin.fetchTopicOffsetsByTimestamp(topic, timestampMs),
    )
    return list.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
  }

  async committedOffsets(groupId: string, topics: readonly string[]): Promise<Position[]> {
    const positions: Position[] = []
    // One by one: given several, kafkajs looks their partitions up at once, and may miss some.
    for (const topic of topics) {
      const list = await this.#inTurn(() => this.#admin.fetchOffsets({ groupId, topics: [topic] }))
      for (const { partition, offset } of list.flatMap(({ partitions }) => partitions)) {
        if (Number(offset) >= 0) positions.push({ topic, partition, offset: Number(offset) })
      }
    }
    return positions
  }

  async describeGroup(groupId: string): Promise<GroupDescription> {
    const { groups } = await this.#admin.describeGroups([groupId])
    const group = groups[0]
    if (group === undefined) return { groupId, state: 'Dead', members: [] }
    return {
      groupId,
      state: group.state,
      members: group.members.map(member => {
        const decoded = member.memberAssignment.length
          ? MemberAssignment.decode(member.memberAssignment)
          : null
        const partitions = new Set(Object.values(decoded?.assignment ?? {}).flat())
        return {
          memberId: member.memberId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          partitions: [...partitions].toSorted((a, b) => a - b),
        }
      }),
    }
  }

  async describeCluster(): Promise<{ brokers: { id: number; host: string; port: number }[] }> {
    const { brokers } = await this.#admin.describeCluster()
    return { brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })) }
  }

  /**
   * kafkajs keeps the metadata of all topics asked for in one place: of two look-ups at once, one may put
   * back metadata without the other's topic, and the other then fails or finds no partitions.
   */
  #inTurn<T>(lookUp: () => Promise<T>): Promise<T> {
    const answer = this.#lookUps.then(lookUp, lookUp)
    this.#lookUps = answer
    return answer
  }

  async close(): Promise<void> {
    await this.#admin.disconnect()
  }
}
