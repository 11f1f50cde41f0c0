// Why no broker names a coordinator. kafkajs asks one broker after the other, forgets what each of them
// answered and says only that none was found; a missing right would look like a cluster that starts.

import { refusal } from './refusals.ts'

interface CoordinatorRequest {
  groupId: string
  coordinatorType: number
}

interface CoordinatorNode {
  findGroupCoordinator(request: CoordinatorRequest): Promise<unknown>
}

/** The part of a kafkajs cluster that looks for coordinators. */
export interface CoordinatorFinder {
  findGroupCoordinatorMetadata(request: CoordinatorRequest): Promise<unknown>
  brokerPool: { createBroker: (options: unknown) => CoordinatorNode }
}

export function tellCoordinatorRefusals(cluster: CoordinatorFinder): void {
  const refused = new Map<string, unknown>()
  const { brokerPool } = cluster
  const createBroker = brokerPool.createBroker
  brokerPool.createBroker = options => {
    const node = createBroker(options)
    const find = node.findGroupCoordinator.bind(node)
    node.findGroupCoordinator = async request => {
      try {
        return await find(request)
      } catch (error) {
        if (refusal(error) !== null) refused.set(request.groupId, error)
        throw error
      }
    }
    return node
  }
  const findMetadata = cluster.findGroupCoordinatorMetadata.bind(cluster)
  cluster.findGroupCoordinatorMetadata = async request => {
    refused.delete(request.groupId)
    try {
      return await findMetadata(request)
    } catch (error) {
      throw refused.get(request.groupId) ?? error
    } finally {
      refused.delete(request.groupId)
    }
  }
}
