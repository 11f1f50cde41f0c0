// Administration by kafkajs's admin client: topics, offsets, groups. Its `high` offsets are the last
// stable ones (reliability F9), which is what readers of committed records want.

import { systemClock } from '@fleet/runtime'

import { unreachable } from './errors.ts'
import { ConfigResourceTypes, createAdmin, createCluster, MemberAssignment } from './kafkajs.ts'
import type { ConnectionSettings, KafkaJsAdmin } from './kafkajs.ts'
import { refusal } from './refusals.ts'
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
  return new KafkaJsAdminAdapter(admin, settings)
}

/**
 * Kafka lists only the topics a user may see; asked by name, it says whether one is missing or hidden.
 * By a connection that creates no topic by asking, and only where brokers know who asks.
 */
async function refuseHidden(settings: ConnectionSettings, topics: string[]): Promise<void> {
  if (settings.sasl === undefined && settings.ssl === undefined) return
  const cluster = createCluster(settings)
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics(topics)
  } catch (error) {
    const refused = refusal(error)
    if (refused !== null) throw refused
  } finally {
    await cluster.disconnect()
  }
}

class KafkaJsAdminAdapter implements Admin {
  readonly #admin: KafkaJsAdmin
  readonly #settings: ConnectionSettings
  #lookUps: Promise<unknown> = Promise.resolve()

  constructor(admin: KafkaJsAdmin, settings: ConnectionSettings) {
    this.#admin = admin
    this.#settings = settings
  }

  async describeTopics(
    names: readonly string[],
    { config: withConfig } = { config: true },
  ): Promise<(TopicDescription | null)[]> {
    const existing = new Set(await this.#ask(() => this.#admin.listTopics()))
    const wanted = names.filter(name => existing.has(name))
    const missing = names.filter(name => !existing.has(name))
    if (missing.length > 0) await refuseHidden(this.#settings, missing)
    if (wanted.length === 0) return names.map(() => null)
    const { topics } = await this.#inTurn(() => this.#admin.fetchTopicMetadata({ topics: wanted }))
    const configs = withConfig ? await this.#configsOf(wanted) : new Map<string, never>()
    return names.map(name => {
      const metadata = topics.find(topic => topic.name === name)
      if (metadata === undefined) return null
      return {
        name,
        partitions: metadata.partitions.length,
        replicationFactor: metadata.partitions[0]?.replicas.length ?? 0,
        config: configs.get(name) ?? {},
      }
    })
  }

  async #configsOf(names: readonly string[]): Promise<Map<string, Record<string, string>>> {
    const { resources } = await this.#ask(() =>
      this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: names.map(name => ({ type: ConfigResourceTypes.TOPIC, name })),
      }),
    )
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(
          configEntries.map(({ configName, configValue }) => [configName, configValue]),
        ),
      ]),
    )
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return
    const request = {
      // The client's own waiting fails when the broker it asks has not heard of the topic yet.
      waitForLeaders: false,
      timeout: 30_000,
      topics: topics.map(topic => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        configEntries: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
      })),
    }
    await this.#ask(() => this.#admin.createTopics(request))
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
        if (systemClock.elapsedMs() > end || refusal(error) !== null) throw error
        await systemClock.sleep(leaderRetryMs)
      }
    }
  }

  async alterTopicConfig(name: string, config: Record<string, string>): Promise<void> {
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
    await this.#ask(() =>
      this.#admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
      }),
    )
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
    const { groups } = await this.#ask(() => this.#admin.describeGroups([groupId]))
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
    const { brokers } = await this.#ask(() => this.#admin.describeCluster())
    return { brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })) }
  }

  /**
   * kafkajs keeps the metadata of all topics asked for in one place: of two look-ups at once, one may put
   * back metadata without the other's topic, and the other then fails or finds no partitions.
   */
  #inTurn<T>(lookUp: () => Promise<T>): Promise<T> {
    const answer = this.#lookUps.then(lookUp, lookUp)
    this.#lookUps = answer
    return this.#ask(() => answer)
  }

  /** A refusal of Kafka comes out as what it is; every other error as the client's. */
  async #ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw refusal(error) ?? error
    }
  }

  async close(): Promise<void> {
    await this.#admin.disconnect()
  }
}
