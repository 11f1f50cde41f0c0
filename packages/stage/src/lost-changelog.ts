// A changelog without any progress belongs to a stage that never ran, or it was emptied. The group's
// offsets, written for display every few seconds, tell the two apart: a stage that starts as new where it
// has worked before would publish everything in its inputs once more.

import { groupIdOf, topics } from '@fleet/contracts'
import type { Broker } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

import { readTopicsOf } from './redrive.ts'
import type { AnyDeclaration } from './redrive.ts'

/**
 * Called where a changelog has no progress.
 * @throws FleetError STATE_LOST (fatal): the group has read this partition before.
 */
export async function refuseLostChangelog(
  broker: Broker,
  environment: string,
  declaration: AnyDeclaration,
  partition: number,
): Promise<void> {
  const groupId = groupIdOf(environment, declaration.name)
  const inputs = readTopicsOf(declaration).map(({ name }) => name)
  const changelog = topics.changelogs[declaration.name].name
  const admin = await broker.openAdmin()
  try {
    const committed = await admin.committedOffsets(groupId, inputs)
    const read = committed.filter(
      position => position.partition === partition && position.offset > 0,
    )
    if (read.length === 0) return
    const positions = read.map(({ topic, offset }) => `${topic} up to ${offset}`).join(', ')
    const message =
      `partition ${partition} of ${changelog} is empty, but ${groupId} has read ${positions}: ` +
      'its memory was deleted. See the runbook: a changelog that is lost'
    throw new FleetError('STATE_LOST', 'fatal', message)
  } finally {
    await admin.close()
  }
}
