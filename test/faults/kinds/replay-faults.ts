// Dead letters replayed while everything else breaks: whatever the ledger refused goes back to it, twice, by
// the command that a person would use. What is broken off is gone on with.

import { messageOf, systemClock } from '@fleet/runtime'

import { fleet } from '../world/world.ts'
import type { World } from '../world/world.ts'
import type { Fault } from './fault.ts'

const stage = 'accounting-sink'
/** Replayed letters too: a letter that was processed, or failed again, must not be taken once more. */
const everything = ['--stage', stage, '--again', '--rate', '200']
let unfinished: string | null = null

export const replayed: Fault = {
  kind: 'replayed',
  lane: 'data',
  inject: async ({ world, say, ending }, random) => {
    say('dead letters of the ledger are replayed, twice')
    const first = await replay(world)
    const second = await replay(world)
    await systemClock.sleep(random.between(500, 1500), ending)
    return first + second
  },
}

/** How many letters were sent; none where brokers or the registry are down just now. */
async function replay({ environment }: World): Promise<number> {
  const how = unfinished === null ? everything : ['--resume', unfinished]
  try {
    const said = await fleet(environment, 'dlq', 'replay', ...how, '--json')
    unfinished = null
    return (JSON.parse(said) as { sent: number }).sent
  } catch (error) {
    const text = messageOf(error)
    const [, begun] = /replay ([0-9a-f-]{36})/.exec(text) ?? []
    // What is begun is named first; it may have ended all the same, then there is nothing to go on with.
    if (text.includes('no replay')) unfinished = null
    else unfinished = begun ?? unfinished
    return 0
  }
}
