import assert from 'node:assert/strict'
import { test } from 'node:test'

import { tellCoordinatorRefusals } from '../src/coordinator-refusals.ts'
import type { CoordinatorFinder } from '../src/coordinator-refusals.ts'
import { protocolError } from './fake-cluster.ts'

const request = { groupId: 'g', coordinatorType: 0 }

/** As kafkajs does it: whatever the broker answers is forgotten. */
function clusterWhoseBroker(answers: () => Promise<unknown>): CoordinatorFinder {
  const cluster: CoordinatorFinder = {
    brokerPool: { createBroker: () => ({ findGroupCoordinator: answers }) },
    findGroupCoordinatorMetadata: async asked => {
      try {
        return await cluster.brokerPool.createBroker({}).findGroupCoordinator(asked)
      } catch {
        throw new Error('Failed to find group coordinator')
      }
    },
  }
  tellCoordinatorRefusals(cluster)
  return cluster
}

test('a missing right is told instead of a coordinator that was not found', async () => {
  const refused = protocolError('GROUP_AUTHORIZATION_FAILED')
  const cluster = clusterWhoseBroker(() => Promise.reject(refused))
  await assert.rejects(cluster.findGroupCoordinatorMetadata(request), refused)
})

test('what passes by itself stays a coordinator that was not found', async () => {
  const cluster = clusterWhoseBroker(() => Promise.reject(protocolError('LEADER_NOT_AVAILABLE')))
  await assert.rejects(cluster.findGroupCoordinatorMetadata(request), /Failed to find/)
})

test('a coordinator that was found is given as it came', async () => {
  const cluster = clusterWhoseBroker(() => Promise.resolve('here'))
  assert.equal(await cluster.findGroupCoordinatorMetadata(request), 'here')
})
