// Who works on which partitions, and how far behind. Committed offsets are for display only and some
// seconds old, so lag is told and never judged: what is judged is that every partition has an owner.

import { groupIdOf, stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import type { Admin, GroupDescription, PartitionOffsets, Position } from '@fleet/kafka'
import type { Settings } from '../settings.ts'
import { unwell, well } from './check.ts'
import type { Check } from './check.ts'
import { stageInputs } from './stage-inputs.ts'

export async function groupChecks(admin: Admin, settings: Settings): Promise<Check[]> {
  const offsets = new Map<string, PartitionOffsets[]>()
  for (const stage of stageNames) {
    for (const { name } of stageInputs(stage)) {
      if (!offsets.has(name)) offsets.set(name, await admin.offsets(name))
    }
  }
  const checks: Check[] = []
  for (const stage of stageNames) {
    const names = stageInputs(stage).map(topic => topic.name)
    const groupId = groupIdOf(settings.environment, stage)
    const group = await admin.describeGroup(groupId)
    const committed = await admin.committedOffsets(groupId, names)
    const inputs = new Map(names.map(name => [name, offsets.get(name) ?? []]))
    checks.push(groupCheck(stage, group, lagOf(inputs, committed), settings.partitions))
  }
  return checks
}

export function groupCheck(
  stage: StageName,
  group: GroupDescription,
  lag: number,
  partitions: number,
): Check {
  const name = `stage ${stage}`
  const owners = group.members.map(
    ({ clientId, clientHost, partitions: owned }) =>
      `${clientId}${clientHost} owns ${owned.length === 0 ? 'none' : owned.join(',')}`,
  )
  const detail = `group ${group.groupId} ${group.state}, lag ${lag}, ${owners.join('; ') || 'no member'}`
  const owned = new Set(group.members.flatMap(member => member.partitions))
  const orphans = Array.from({ length: partitions }, (_, partition) => partition).filter(
    partition => !owned.has(partition),
  )
  if (orphans.length === 0) return well(name, detail)
  if (group.members.length === 0) {
    return unwell(
      name,
      `nobody works on it: ${detail}`,
      'DEMO=0 make up; if it stays so, make logs',
    )
  }
  const missing = `partitions without owner: ${orphans.join(',')}; ${detail}`
  return unwell(name, missing, 'wait for the rebalance to end; if it does not, make restart')
}

/** Records between what the group has committed and what can be read, over all inputs. */
export function lagOf(
  inputs: ReadonlyMap<string, readonly PartitionOffsets[]>,
  committed: readonly Position[],
): number {
  let lag = 0
  for (const [topic, partitions] of inputs) {
    for (const { partition, logStart, lastStable } of partitions) {
      const at = committed.find(mark => mark.topic === topic && mark.partition === partition)
      lag += Math.max(0, lastStable - Math.max(logStart, at?.offset ?? logStart))
    }
  }
  return lag
}
