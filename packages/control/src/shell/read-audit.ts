// The newest audit records, read from the end of their topic.

import { topics } from '@fleet/contracts'
import type { Broker } from '@fleet/kafka'
import type { Clock } from '@fleet/runtime'

import type { AuditRecord } from '../core/audit.ts'
import { controlPartition } from './read-control-topic.ts'

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditRecord[]
  /** For the page before; null: there is none. */
  readonly before: number | null
}

/** Offsets looked through for one page: transaction markers and other tenants' records take some. */
const windowOffsets = 5000
const waitMs = 200
const readMsMax = 5000

export async function readAudit(
  broker: Pick<Broker, 'openReader' | 'openAdmin'>,
  clock: Clock,
  { limit, before, isShown }: AuditQuery,
): Promise<AuditPage> {
  const topic = topics.controlAudit.name
  const admin = await broker.openAdmin()
  const offsets = await admin.offsets(topic)
  await admin.close()
  const { logStart = 0, lastStable = 0 } = offsets[controlPartition] ?? {}
  const end = Math.min(before ?? lastStable, lastStable)
  const start = Math.max(logStart, end - windowOffsets)
  const found: { offset: number; entry: AuditRecord }[] = []
  if (start < end) {
    const reader = await broker.openReader()
    const stream = reader.open([{ topic, partition: controlPartition, offset: start }])
    const untilMs = clock.elapsedMs() + readMsMax
    try {
      for (let at = start; at < end && clock.elapsedMs() < untilMs;) {
        const taken = stream.take(1000, waitMs)
        const { records, positions } = await Promise.race([taken, reader.failed])
        for (const { offset, value } of records) {
          if (offset >= end || value === null) continue
          const entry = JSON.parse(value.toString('utf8')) as AuditRecord
          if (isShown(entry)) found.push({ offset, entry })
        }
        at = positions[0]?.offset ?? at
      }
    } finally {
      stream.close()
      await reader.close()
    }
  }
  const page = found.slice(-limit)
  const oldest = found.length > limit ? (page[0]?.offset ?? start) : start
  return {
    entries: page.map(({ entry }) => entry).toReversed(),
    before: oldest > logStart ? oldest : null,
  }
}

export interface AuditQuery {
  readonly limit: number
  /** Only what is older than this offset; null: the newest. */
  readonly before: number | null
  readonly isShown: (entry: AuditRecord) => boolean
}
