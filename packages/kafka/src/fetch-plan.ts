// Which partitions the next fetch of each leader asks for, and in which order. Pure.

import { tpName } from './produce.ts'
import type { PartitionBuffer, StreamBuffer } from './stream-buffer.ts'

export interface FetchTarget {
  stream: StreamBuffer
  buffer: PartitionBuffer
}

export interface FetchPlan {
  byLeader: Map<number, FetchTarget[]>
  /** Some partition has no leader now. */
  incomplete: boolean
}

/**
 * The first partition changes from turn to turn, because a broker fills its answer in the order of the
 * request, and a batch larger than a partition's share comes only in the first place. A partition
 * that two streams read is fetched for one at a time: a request can't ask for it at two positions.
 */
export function fetchPlan(
  streams: Iterable<StreamBuffer>,
  turn: number,
  leaderOf: (buffer: PartitionBuffer) => number | null,
): FetchPlan {
  const targets = [...streams].flatMap(stream =>
    stream.partitions.map(buffer => ({ stream, buffer })),
  )
  const first = targets.length === 0 ? 0 : turn % targets.length
  const plan: FetchPlan = { byLeader: new Map(), incomplete: false }
  const taken = new Set<string>()
  for (const target of [...targets.slice(first), ...targets.slice(0, first)]) {
    const { stream, buffer } = target
    if (!stream.hasRoom(buffer) || buffer.failure !== null || taken.has(tpName(buffer))) continue
    const leader = leaderOf(buffer)
    if (leader === null) {
      plan.incomplete = true
      continue
    }
    taken.add(tpName(buffer))
    const mine = plan.byLeader.get(leader)
    if (mine === undefined) plan.byLeader.set(leader, [target])
    else mine.push(target)
  }
  return plan
}

export function isCrowded(streams: Iterable<StreamBuffer>): boolean {
  for (const stream of streams) {
    for (const buffer of stream.partitions) if (!stream.hasRoom(buffer)) return true
  }
  return false
}
