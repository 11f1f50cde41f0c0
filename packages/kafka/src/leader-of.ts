// Who leads a partition, by what the client knows.

import type { Cluster } from './kafkajs.ts'
import type { TopicPartition } from './record.ts'

/** Its node id; null: nobody, or nobody that is known of. */
export function leaderOf(
  cluster: Pick<Cluster, 'findTopicPartitionMetadata'>,
  { topic, partition }: TopicPartition,
): number | null {
  const metadata = cluster
    .findTopicPartitionMetadata(topic)
    .find(({ partitionId }) => partitionId === partition)
  return metadata === undefined || metadata.leader < 0 ? null : metadata.leader
}
