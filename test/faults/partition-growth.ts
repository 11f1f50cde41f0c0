// The last fault, after everything has been judged: somebody adds a partition to the raw topic. Keys would
// now belong elsewhere, so a service that starts must refuse with a message that says so.

import { readFileSync } from 'node:fs'

import { topics } from '@fleet/contracts'

import { until } from './world/wait.ts'
import type { Instance } from './world/product.ts'
import { partitions } from './world/world.ts'
import type { World } from './world/world.ts'

const refusedMsMax = 60_000
const wanted = 'PARTITION_MISMATCH'

export interface Refusal {
  readonly name: string
  /** What it said; null for one that went on. */
  readonly said: string | null
}

/**
 * One processor is killed and must not start again; the other one then sees the new partition in its
 * group and must not go on either. The ingesters, which write by key, must not start.
 */
export async function growPartitions(
  world: World,
  say: (text: string) => void,
): Promise<readonly Refusal[]> {
  const { product, cluster } = world
  say(`${topics.raw.name} gets a partition more`)
  const instances = [...product.of('processor'), ...product.of('ingester')]
  const before = new Map(instances.map(one => [one, one.process.endings.length]))
  await cluster.tool.grow(topics.raw.name, partitions + 1)
  const killed = instances.filter(one => one !== product.of('processor')[1])
  await Promise.all(killed.map(({ process }) => process.kill()))
  return Promise.all(
    instances.map(async one => ({
      name: one.name,
      said: await refusalOf(one, before.get(one) ?? 0),
    })),
  )
}

async function refusalOf(instance: Instance, endingsBefore: number): Promise<string | null> {
  const { process, logFile, name } = instance
  try {
    await until(`${name} refuses`, refusedMsMax, () =>
      process.endings.slice(endingsBefore).some(({ how, isOurs }) => !isOurs && how !== 'exit 0'),
    )
  } catch {
    return null
  }
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
  const said = lines.findLast(line => line.includes(wanted))
  return said === undefined ? null : (/"msg":"([^"]*)"/.exec(said)?.[1] ?? wanted)
}
