// Somebody replays dead letters of the sinks while all else goes on: letters of any age, some of them
// twice, some at an attempt that is over. Some have been mended before.

import type { Codec } from '@fleet/codec'
import { headerNames, stageNames, topics } from '@fleet/contracts'
import type { DeadLetter, ViolationEvent } from '@fleet/contracts'
import type { Appender, MemoryBroker } from '@fleet/kafka'

import type { Chance } from '../plan/chance.ts'

const firstMs = 2500
const everyMs = 900
/** Replays whose records were mended. */
export const mendedId = 'mended'
/** What a mended record moves. */
export const mendedAmount = { amount_minor: 777, currency: 'EUR' }

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
      const mended = chance.happens(0.5) ? mend(codec, letter) : null
      const value = codec.encode(topics.redrive, mended ?? { ...letter, replay_id: 'simulated' })
      const headers = { [headerNames.stage]: stage }
      const copy = { topic: topics.redrive.name, partition, key: record.key, value, headers }
      for (let copies = chance.pick([1, 1, 2]); copies > 0; copies--) void appender.append(copy)
    }
  }
}

/** Null: not one whose amount could not be read, or one of several that add up to something. */
function mend(codec: Codec, letter: DeadLetter): DeadLetter | null {
  const { error_code: code, origin, origin_value: bytes } = letter
  const recoveries = [topics.events.violation, topics.events.incident]
  const topic = recoveries.find(({ name }) => name === origin.topic)
  if (topic === undefined || code !== 'BAD_AMOUNT' || bytes === null) return null
  const event = codec.decode(topic, Buffer.from(bytes)) as ViolationEvent
  const value = { ...event, amount: mendedAmount, attributes: {} }
  return { ...letter, origin_value: codec.encode(topic, value), replay_id: mendedId }
}
