// What happens to brokers: the leader of a raw partition, a coordinator, the controller killed; two
// or all of them at once; one whose disk is full. Each fault ends when every replica is in sync again, so
// that the next one meets a whole cluster.

import { groupIdOf, topics, transactionalIdOf } from '@fleet/contracts'
import { messageOf, systemClock } from '@fleet/runtime'

import { smallDiskBroker } from '../world/cluster.ts'
import type { Cluster } from '../world/cluster.ts'
import type { Roles } from '../world/cluster-tool.ts'
import { environmentName, partitions } from '../world/world.ts'
import type { Fault } from './fault.ts'

const wholeMsMax = 90_000

function killOf(kind: string, role: keyof Roles): Fault {
  return {
    kind,
    lane: 'brokers',
    inject: async ({ world, say, ending }, random) => {
      const { cluster } = world
      const roles = await rolesOf(cluster, random.between(0, partitions - 1))
      if (roles === null) return 0
      const id = roles[role]
      say(`kill -9 broker ${id} (${kind.replace('_kill', '').replace('_', ' ')})`)
      await cluster.kill(id)
      await systemClock.sleep(random.between(1000, 4000), ending)
      await cluster.whole(wholeMsMax)
      return 1
    },
  }
}

async function rolesOf(cluster: Cluster, partition: number): Promise<Roles | null> {
  try {
    return await cluster.tool.roles(
      topics.raw.name,
      groupIdOf(environmentName, 'processor'),
      transactionalIdOf(environmentName, 'processor', partition),
    )
  } catch {
    // Asked while a leader moves: the next turn knows.
    return null
  }
}

/** One broker is left: it answers, but can neither reach two replicas nor elect anybody. */
const majorityKilled: Fault = {
  kind: 'broker_majority_kill',
  lane: 'brokers',
  inject: async ({ world, say, ending }, random) => {
    const { cluster } = world
    const ids = random.shuffled(cluster.brokers.map(({ id }) => id)).slice(1)
    say(`kill -9 brokers ${ids.join(' and ')}`)
    await Promise.all(ids.map(id => cluster.kill(id)))
    await systemClock.sleep(random.between(3000, 8000), ending)
    await cluster.whole(wholeMsMax)
    return 1
  },
}

const clusterKilled: Fault = {
  kind: 'cluster_kill',
  lane: 'brokers',
  inject: async ({ world, say, ending }, random) => {
    say('kill -9 all brokers')
    await Promise.all(world.cluster.brokers.map(({ id }) => world.cluster.kill(id)))
    await systemClock.sleep(random.between(500, 3000), ending)
    await world.cluster.whole(wholeMsMax)
    return 1
  },
}

/** Connections stay open and nothing is answered, at times longer than a request may take. */
const frozen: Fault = {
  kind: 'broker_freeze',
  lane: 'brokers',
  inject: async ({ world, say, ending }, random) => {
    const { id, process } = random.pick(world.cluster.brokers)
    if (!process.isRunning) return 0
    say(`freeze broker ${id}`)
    process.freeze()
    await systemClock.sleep(random.between(6000, 12_000), ending)
    say(`thaw broker ${id}`)
    process.thaw()
    await world.cluster.whole(wholeMsMax)
    return 1
  },
}

const diskFull: Fault = {
  kind: 'disk_full',
  lane: 'brokers',
  inject: async ({ world, say }) => {
    const { cluster } = world
    const { disk } = cluster
    const { process } = cluster.broker(smallDiskBroker)
    if (disk === null) {
      say('disk full: this machine refuses both a small file system and a file size limit')
      return 'refused'
    }
    if (process.pid === null) return 0
    say(`disk of broker ${smallDiskBroker} is full (${disk.kind})`)
    try {
      await disk.fill(process.pid)
    } catch (error) {
      say(`disk full: refused (${messageOf(error).split('\n')[0]})`)
      return 'refused'
    }
    const ended = await process.endsWithin(15_000)
    say(`broker ${smallDiskBroker} ${ended ? 'gave up' : 'is still there'}; disk has room again`)
    await disk.free()
    if (!ended) await cluster.kill(smallDiskBroker)
    await cluster.whole(wholeMsMax)
    return 1
  },
}

export const brokerFaults: readonly Fault[] = [
  killOf('leader_kill', 'leader'),
  killOf('transaction_coordinator_kill', 'transaction'),
  killOf('group_coordinator_kill', 'group'),
  killOf('controller_kill', 'controller'),
  majorityKilled,
  clusterKilled,
  frozen,
  diskFull,
]
