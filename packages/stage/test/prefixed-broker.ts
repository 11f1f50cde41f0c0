// A broker whose topic names all have a prefix, so that a test of the real loop has topics of its own on
// a broker that others use too.

import type { Admin, Broker, InRecord, Reader, RecordStream, TopicPartition } from '@fleet/kafka'

export function prefixed(broker: Broker, prefix: string): Broker {
  const outer = <T extends TopicPartition>(at: T): T => ({ ...at, topic: prefix + at.topic })
  const inner = <T extends TopicPartition>(at: T): T => ({
    ...at,
    topic: at.topic.slice(prefix.length),
  })
  /** Key, value and headers of a record that was fetched are not its own members. */
  const renamed = (record: InRecord): InRecord => {
    const { key, value, headers } = record
    return { ...inner(record), key, value, headers }
  }
  const streamOf = (stream: RecordStream): RecordStream => ({
    take: async (max, waitMs) => {
      const { records, positions } = await stream.take(max, waitMs)
      return { records: records.map(renamed), positions: positions.map(inner) }
    },
    ahead: () => stream.ahead().map(renamed),
    wake: () => stream.wake(),
    lag: () => stream.lag().map(inner),
    close: () => stream.close(),
  })
  const readerOf = (reader: Reader): Reader => ({
    open: positions => streamOf(reader.open(positions.map(outer))),
    committedEnd: of => reader.committedEnd({ ...of, topic: prefix + of.topic }),
    problem: () => reader.problem(),
    failed: reader.failed,
    close: () => reader.close(),
  })
  const adminOf = (admin: Admin): Admin => ({
    describeTopics: async names => {
      const found = await admin.describeTopics(names.map(name => prefix + name))
      return found.map(topic => topic && { ...topic, name: topic.name.slice(prefix.length) })
    },
    createTopics: topics =>
      admin.createTopics(topics.map(topic => ({ ...topic, name: prefix + topic.name }))),
    alterTopicConfig: (name, config) => admin.alterTopicConfig(prefix + name, config),
    offsets: topic => admin.offsets(prefix + topic),
    offsetsAtTime: async (topic, timeMs) =>
      (await admin.offsetsAtTime(prefix + topic, timeMs)).map(inner),
    committedOffsets: async (groupId, topics) => {
      const names = topics.map(name => prefix + name)
      return (await admin.committedOffsets(groupId, names)).map(inner)
    },
    describeGroup: groupId => admin.describeGroup(groupId),
    describeCluster: () => admin.describeCluster(),
    close: () => admin.close(),
  })
  return {
    openWriter: async options => {
      const writer = await broker.openWriter(options)
      return {
        commit: async records => (await writer.commit(records.map(outer))).map(inner),
        close: () => writer.close(),
      }
    },
    openReader: async options => readerOf(await broker.openReader(options)),
    joinGroup: async options => {
      const topics = options.topics.map(name => prefix + name)
      const membership = await broker.joinGroup({
        groupId: options.groupId,
        topics,
        ...(options.sessionTimeoutMs === undefined
          ? {}
          : { sessionTimeoutMs: options.sessionTimeoutMs }),
        onRevoked: () => options.onRevoked(),
        onAssigned: partitions => options.onAssigned(partitions),
      })
      return {
        memberId: membership.memberId,
        commitOffsets: positions => membership.commitOffsets(positions.map(outer)),
        failed: membership.failed,
        leave: () => membership.leave(),
      }
    },
    openAppender: async options => {
      const appender = await broker.openAppender(options)
      return {
        append: record => appender.append(outer(record)),
        get healthy(): boolean {
          return appender.healthy
        },
        close: () => appender.close(),
      }
    },
    openAdmin: async () => adminOf(await broker.openAdmin()),
  }
}
