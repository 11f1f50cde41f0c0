// Reads the ledger, one partition after the other: first its memory, then the journal to its end, so that
// every entry the memory counts is among those read, however much is booked meanwhile.

import { topics } from '@fleet/contracts'
import type { JournalEntry, StageName } from '@fleet/contracts'
import type { Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import { ChangelogFold, readPartition } from '@fleet/stage'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { registryCodec, withRegistry } from '../registry.ts'
import type { Settings } from '../settings.ts'
import type { Context } from '../verb.ts'
import { Journal } from './journal.ts'
import { LedgerMemory } from './ledger-memory.ts'

const stage: StageName = 'accounting-sink'
const changelog = topics.changelogs[stage].name

type Reading = Pick<Context, 'clock' | 'stopping'>

export interface LedgerPartition {
  partition: number
  journal: Journal
  memory: LedgerMemory
}

export async function readLedger(context: Reading, settings: Settings): Promise<LedgerPartition[]> {
  const { clock, stopping } = context
  return withKafka(context, settings, kafka =>
    withRegistry(settings.registryUrl, async () => {
      const codec = await registryCodec(settings.registryUrl, clock)
      const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
      const read: LedgerPartition[] = []
      try {
        for (const { partition, memory } of await readMemories(kafka, reader, stopping)) {
          const { entries } = memory.totals
          const journal = new Journal(partition, { entries, balances: memory.balances() })
          const to = await endOf(kafka, topics.accounting.name, partition)
          const slice = { topic: topics.accounting.name, partition, from: -1, to }
          await readPartition(reader, slice, stopping, async records => {
            await codec.prepare(records.map(({ value }) => value))
            for (const { offset, value } of records) {
              if (value === null) continue
              journal.take(offset, codec.decode(topics.accounting, value) as JournalEntry)
            }
          })
          journal.finish()
          read.push({ partition, journal, memory })
        }
        return read
      } finally {
        await reader.close().catch(() => {})
      }
    }),
  )
}

interface MemoryOfPartition {
  partition: number
  memory: LedgerMemory
}

/** @throws FleetError STATE_DIFFERS (fatal): see `fleet state inspect`. */
export async function readMemories(
  kafka: Kafka,
  reader: Reader,
  stopping: AbortSignal,
): Promise<MemoryOfPartition[]> {
  const offsets = await kafka.admin.offsets(changelog)
  const memories: MemoryOfPartition[] = []
  for (const { partition, lastStable: to } of offsets) {
    const memory = new LedgerMemory()
    const fold = new ChangelogFold(memory)
    await readPartition(
      reader,
      { topic: changelog, partition, from: -1, to },
      stopping,
      records => {
        for (const { key, value } of records) fold.take(String(key ?? ''), value)
      },
    )
    fold.finish(offsets.length, stage, partition)
    memories.push({ partition, memory })
  }
  if (memories.length > 0) return memories
  throw new FleetError('TOPIC_MISSING', 'fatal', `${changelog} is missing; run: fleet topics apply`)
}

async function endOf({ admin }: Kafka, topic: string, partition: number): Promise<number> {
  const offsets = await admin.offsets(topic)
  return offsets.find(each => each.partition === partition)?.lastStable ?? 0
}
