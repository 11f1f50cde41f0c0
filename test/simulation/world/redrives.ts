// Somebody replays dead letters of the sinks while all else goes on: letters of any age, some of them
// twice, some at an attempt that is over.

import type { Codec } from '@fleet/codec'
import { headerNames, stageNames, topics } from '@fleet/contracts'
import type { DeadLetter } from '@fleet/contracts'
import type { Appender, MemoryBroker } from '@fleet/kafka'

import type { Chance } from '../plan/chance.ts'

const firstMs = 2500
const everyMs = 900

/** When redrives are sent, from the beginning of the run. */
export function redriveTimes(healAtMs: number): number[] {
  const count = Math.max(0, Math.floor((healAtMs - firstMs) / everyMs))
  return Array.from({ length: count }, (_, index) => firstMs + index * everyMs)
}

export function redriveSome(
  broker: MemoryBroker,
  codec: Codec,
  partitions: number,
  chance: Chance,
  appender: Appender,
): void {
  for (const stage of stageNames) {
    if (stage === 'processor') continue
    const topic = topics.deadLetters[stage]
    for (let partition = 0; partition < partitions; partition++) {
      const { records } = broker.log({ topic: topic.name, partition }).read(0, Infinity)
      const record = records.length === 0 ? undefined : chance.pick(records)
      if (record === undefined || record.value === null) continue
      const letter = codec.decode(topic, record.value) as DeadLetter
      const value = codec.encode(topics.redrive, { ...letter, replay_id: 'simulated' })
      const headers = { [headerNames.stage]: stage }
      const copy = { topic: topics.redrive.name, partition, key: record.key, value, headers }
      for (let copies = chance.pick([1, 1, 2]); copies > 0; copies--) void appender.append(copy)
    }
  }
}
