// docs/generated/topics.md: the topic table for people, from packages/contracts/src/topics.ts.

import { allTopics } from '@fleet/contracts'
import type { KeyKind, Topic } from '@fleet/contracts'

const keyTexts: Record<KeyKind, string> = {
  resource: '`tenant/type/id`, each part percent-encoded',
  tenant: 'tenant id',
  endpoint: 'endpoint id',
  origin: 'key of the record it came from',
  private: 'known to the writer alone',
}

export function topicsPage(): string {
  const rows = allTopics.map(topic =>
    [
      `\`${topic.name}\``,
      topic.kind,
      topic.key,
      topic.schema ?? 'private',
      topic.writers.join(', ') + (topic.transactional ? '' : ' (append)'),
      topic.readers.join(', '),
      cleanupOf(topic),
      sizeOf(topic),
    ].join(' | '),
  )
  return [
    '# Topics',
    '',
    'Generated from `packages/contracts/src/topics.ts` by `infra/docs/generate.ts`; do not edit.',
    '',
    'Every topic has the same number of partitions N (`FLEET_PARTITIONS`: 6 in development, 12 in',
    'production): task p reads partition p of its inputs and writes partition p of its outputs. The',
    'partition of a key is `murmur2(key) & 0x7fffffff % N`. Timestamps are the log-append time of the',
    'broker. A stream is history, a table keeps the newest value of each key. Writers write in',
    'transactions, one per partition, except those marked append. Values are Avro in Confluent',
    'framing, registered as `<topic>-value` with FULL_TRANSITIVE compatibility.',
    '',
    '| topic | kind | key | value | writer | readers | cleanup | largest batch |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(row => `| ${row} |`),
    '',
    'Keys:',
    '',
    ...Object.entries(keyTexts).map(([kind, text]) => `- ${kind}: ${text}`),
    '',
  ].join('\n')
}

function cleanupOf(topic: Topic): string {
  if (topic.kind === 'table') return 'compact'
  return topic.retentionDays === null ? 'delete, unlimited' : `delete, ${topic.retentionDays} d`
}

function sizeOf(topic: Topic): string {
  return `${topic.maxMessageBytes / (1024 * 1024)} MiB`
}
