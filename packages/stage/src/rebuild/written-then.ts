// One reading of what a stage wrote: its sum, and the ticks that wrote some of it.

import type { Codec } from '@fleet/codec'

import { OutputSum } from './output-sum.ts'
import type { PartitionLogs } from './partition-logs.ts'
import type { RebuildRules } from './rebuildable.ts'

export interface WrittenThen {
  readonly sum: OutputSum
  /** How many outputs were there before each; null: the outputs do not tell. */
  readonly ticks: ReadonlyMap<number, number> | null
  /** Nothing of it has been deleted since. */
  readonly isWhole: boolean
}

export async function readWritten(
  { tickOf, ownOutputs }: RebuildRules,
  logs: PartitionLogs,
  { codec, sha256Hex }: { codec: Codec; sha256Hex: (text: string) => string },
): Promise<WrittenThen> {
  const sum = new OutputSum(codec, sha256Hex)
  const ticks = tickOf === undefined ? null : new Map<number, number>()
  let isWhole = ownOutputs.length > 0
  for (const topic of ownOutputs) {
    isWhole &&= (await logs.reach(topic)).start === 0
    await logs.read(topic, async records => {
      await codec.prepare(records.map(({ value }) => value))
      for (const record of records) {
        const at = record.value === null ? null : tickOf?.(codec.decode(topic, record.value))
        if (at !== null && at !== undefined && ticks?.has(at) === false) ticks.set(at, sum.count)
        sum.add(record)
      }
    })
  }
  // Of what is left the place says nothing.
  const known = isWhole || ticks === null ? ticks : new Map([...ticks.keys()].map(at => [at, 0]))
  return { sum, ticks: known, isWhole }
}
