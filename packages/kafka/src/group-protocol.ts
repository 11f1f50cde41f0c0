// What members of a group tell each other through the coordinator: which topics they read, and, by the
// leader, who gets which partitions.

import { coPartitioned } from './assignment.ts'
import { MemberAssignment, MemberMetadata } from './kafkajs.ts'

export function memberMetadata(topics: readonly string[]): Buffer {
  return MemberMetadata.encode({ version: 0, topics: [...topics], userData: Buffer.alloc(0) })
}

export function assignments(
  members: readonly { memberId: string }[],
  topics: readonly string[],
  partitionCount: number,
): { memberId: string; memberAssignment: Buffer }[] {
  const assignment = coPartitioned(
    members.map(({ memberId }) => memberId),
    partitionCount,
  )
  return [...assignment].map(([memberId, partitions]) => ({
    memberId,
    memberAssignment: MemberAssignment.encode({
      version: 0,
      assignment: Object.fromEntries(topics.map(topic => [topic, partitions])),
      userData: Buffer.alloc(0),
    }),
  }))
}

/** The partitions of a member, the same of every topic. */
export function assignedPartitions(memberAssignment: Buffer): number[] {
  const decoded = MemberAssignment.decode(memberAssignment)
  const partitions = new Set(Object.values(decoded?.assignment ?? {}).flat())
  return [...partitions].toSorted((a, b) => a - b)
}
