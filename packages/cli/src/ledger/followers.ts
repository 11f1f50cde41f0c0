// Waits until every partition of the ledger has followed an instruction: its memory is looked at in what
// the changelog gains from then on, and read as a whole only where that does not say it.

import { topics } from '@fleet/contracts'
import type { CommittedOffset, Position, Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import { progressKey } from '@fleet/stage'
import type { Progress } from '@fleet/stage'
import type { Kafka } from '../kafka.ts'
import type { Context } from '../verb.ts'
import { LedgerMemory } from './ledger-memory.ts'
import { readMemories } from './read-ledger.ts'

const changelog = topics.changelogs['accounting-sink'].name
const control = topics.ledgerControl.name
const takeRecordsMax = 5000
const waitMsMax = 500

export interface Awaited {
  /** Where the changelog ended before the instruction was written. */
  readonly from: readonly Position[]
  readonly written: readonly CommittedOffset[]
  /** Seconds. */
  readonly wait: number
  /** `offset` is where the instruction stands in the partition of this memory. */
  isFollowed(memory: LedgerMemory, offset: number): boolean
}

export async function changelogEnds({ admin }: Kafka): Promise<Position[]> {
  const offsets = await admin.offsets(changelog)
  return offsets.map(({ partition, lastStable }) => {
    return { topic: changelog, partition, offset: lastStable }
  })
}

/**
 * How many partitions have read the instruction and done what it says.
 * @throws FleetError BAD_CONTROL (fatal): some have read it and refused.
 */
export async function awaitFollowers(
  context: Pick<Context, 'clock' | 'stopping'>,
  kafka: Kafka,
  awaited: Awaited,
): Promise<number> {
  const { written } = awaited
  const hasFollowed = (partition: number, memory: LedgerMemory): boolean =>
    awaited.isFollowed(memory, offsetIn(written, partition))
  const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
  try {
    const passed = await followChangelog(context, reader, awaited)
    const followed = [...passed].filter(([partition, memory]) =>
      hasFollowed(partition, memory),
    ).length
    if (passed.size < written.length || followed === written.length) return followed
    // Nothing was to be changed, or it was refused.
    const memories = await readMemories(kafka, reader, context.stopping)
    const refused = memories.filter(one => !hasFollowed(one.partition, one.memory)).length
    if (refused === 0) return memories.length
    const letters = topics.deadLetters['accounting-sink'].name
    const message = `${refused} partitions refused it; see ${letters}`
    throw new FleetError('BAD_CONTROL', 'fatal', message)
  } finally {
    await reader.close().catch(() => {})
  }
}

/** The partitions that have passed the instruction in time, and what their memory gained. */
async function followChangelog(
  { clock, stopping }: Pick<Context, 'clock' | 'stopping'>,
  reader: Reader,
  { from, written, wait }: Awaited,
): Promise<ReadonlyMap<number, LedgerMemory>> {
  const gained = new Map(from.map(({ partition }) => [partition, new LedgerMemory()]))
  const passed = new Map<number, LedgerMemory>()
  const endsAtMs = clock.elapsedMs() + wait * 1000
  const stream = reader.open(from)
  try {
    while (passed.size < written.length && !stopping.aborted) {
      const leftMs = endsAtMs - clock.elapsedMs()
      if (leftMs <= 0) break
      const taking = stream.take(takeRecordsMax, Math.min(waitMsMax, leftMs))
      const { records } = await Promise.race([taking, reader.failed])
      for (const { partition, key, value } of records) {
        const memory = gained.get(partition)
        const name = String(key ?? '')
        memory?.restore(name, value)
        if (name !== progressKey || value === null || memory === undefined) continue
        const { positions } = JSON.parse(value.toString('utf8')) as Progress
        if ((positions[control] ?? 0) > offsetIn(written, partition)) passed.set(partition, memory)
      }
    }
    return passed
  } finally {
    stream.close()
  }
}

function offsetIn(written: readonly CommittedOffset[], partition: number): number {
  return written.find(each => each.partition === partition)?.baseOffset ?? Infinity
}
