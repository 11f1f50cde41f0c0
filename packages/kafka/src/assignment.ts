// Which member of a group gets which partitions: partition p of every topic goes to one member, since
// a task reads p of all its inputs. Pure, and the same on both brokers.

/** Member id → partition numbers. Sorted members take partitions in turn. */
export function coPartitioned(
  memberIds: readonly string[],
  partitionCount: number,
): Map<string, number[]> {
  const sorted = memberIds.toSorted()
  const assignment = new Map<string, number[]>(sorted.map(id => [id, []]))
  for (let partition = 0; partition < partitionCount; partition++) {
    const member = sorted[partition % sorted.length]
    if (member !== undefined) assignment.get(member)?.push(partition)
  }
  return assignment
}
