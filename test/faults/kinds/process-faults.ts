// What happens to processes: killed, frozen past their session, stopped and started, clocks moved.

import { groupIdOf, stageNames, topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'

import { notReady, shiftClock } from '../world/product.ts'
import type { Instance, ServiceName } from '../world/product.ts'
import { environmentName } from '../world/world.ts'
import type { World } from '../world/world.ts'
import type { Fault } from './fault.ts'

const sessionMs = 10_000
const hourMs = 3_600_000
/** A killed process is given so long to be ready again before the next one is killed. */
const backMsMax = 10_000

const stageServices: readonly ServiceName[] = [
  'processor',
  'crm-sink',
  'accounting-sink',
  'alerting-sink',
  'automation',
]

/** Names of those whose turn is still to come in this rotation. */
let waiting: string[] = []

/**
 * kill -9 of the next process in rotation, in an order of the seed's: each has its turn before one has
 * its second. It is started again as a supervisor would.
 */
export const killed: Fault = {
  kind: 'kill',
  lane: 'processes',
  inject: async ({ world, say, ending }, random) => {
    const { instances } = world.product
    if (waiting.length === 0) waiting = random.shuffled(instances.map(({ name }) => name))
    const victim = waiting
      .flatMap(name => instances.filter(one => one.name === name))
      .find(({ process }) => process.isRunning && !process.isFrozen)
    if (victim === undefined) return 0
    waiting = waiting.filter(name => name !== victim.name)
    say(`kill -9 ${victim.name}`)
    await victim.process.kill()
    // On a busy machine a start takes long; processes that never work prove nothing.
    const giveUpMs = systemClock.elapsedMs() + backMsMax
    while (!ending.aborted && systemClock.elapsedMs() < giveUpMs) {
      await systemClock.sleep(250, ending)
      if ((await notReady(victim)) === null) break
    }
    await systemClock.sleep(random.between(300, 2000), ending)
    return 1
  },
}

/** SIGSTOP until the group has given its partitions away, then SIGCONT: a zombie that goes on writing. */
export const frozen: Fault = {
  kind: 'freeze',
  lane: 'members',
  inject: async ({ world, say, ending }, random) => {
    const victim = random.pick(instancesOf(world, stageServices))
    if (!victim.process.isRunning || victim.process.isFrozen) return 0
    say(`freeze ${victim.name}`)
    victim.process.freeze()
    await systemClock.sleep(sessionMs + random.between(1500, 4000), ending)
    say(`thaw ${victim.name}`)
    victim.process.thaw()
    return 1
  },
}

/** Members that come, hold partitions without working on them, and go; and a real one that restarts. */
export const rebalanced: Fault = {
  kind: 'rebalance',
  lane: 'members',
  inject: async ({ world, say, ending }, random) => {
    const stage = random.pick(stageNames)
    say(`rebalance storm in ${stage}`)
    const service: ServiceName = stage === 'alerting-router' ? 'alerting-sink' : stage
    const real = random.pick(instancesOf(world, [service]))
    const restarting = real.process.isFrozen ? Promise.resolve() : real.process.restart(15_000)
    let joined = 0
    for (let turn = 0; turn < 4 && !ending.aborted; turn++) {
      if (await visit(world, stage, random.between(200, 1500))) joined++
    }
    await restarting
    return joined > 0 ? 1 : 0
  },
}

async function visit(world: World, stage: StageName, stayMs: number): Promise<boolean> {
  const inputs = inputsOf(stage)
  const broker = connectKafka({ brokers: world.cluster.direct.split(','), clientId: 'visitor' })
  try {
    const membership = await broker.joinGroup({
      groupId: groupIdOf(environmentName, stage),
      topics: inputs,
      onRevoked: () => Promise.resolve(),
      onAssigned: () => {},
    })
    membership.failed.catch(() => {})
    await systemClock.sleep(stayMs)
    await membership.leave()
    return true
  } catch {
    // The group is in motion; the next visitor may get in.
    return false
  }
}

function inputsOf(stage: StageName): string[] {
  switch (stage) {
    case 'processor':
      return [topics.raw.name]
    case 'crm-sink':
      return names(['reservation', 'rental_session', 'incident', 'violation', 'customer'])
    case 'accounting-sink':
      return names(['billing', 'violation', 'incident'])
    case 'alerting-router':
      return Object.values(topics.events).map(({ name }) => name)
    case 'alerting-sink':
      return [topics.alertSignals.name]
    case 'automation':
      return Object.values(topics.events)
        .filter(({ readers }) => readers.includes('automation'))
        .map(({ name }) => name)
  }
}

function names(domains: readonly (keyof typeof topics.events)[]): string[] {
  return domains.map(domain => topics.events[domain].name)
}

/** The wall clock of one process jumps by up to a day, either way, and back. */
export const clockJumped: Fault = {
  kind: 'clock_jump',
  lane: 'processes',
  inject: async ({ world, say, ending }, random) => {
    const victim = random.pick(instancesOf(world, ['ingester', ...stageServices]))
    const hours = random.pick([-24, -1, 1, 24])
    say(`clock of ${victim.name} ${hours > 0 ? '+' : ''}${hours} h`)
    shiftClock(victim, hours * hourMs)
    await systemClock.sleep(random.between(2500, 5000), ending)
    shiftClock(victim, 0)
    return 1
  },
}

function instancesOf(world: World, services: readonly ServiceName[]): Instance[] {
  return world.product.instances.filter(({ service }) => services.includes(service))
}
