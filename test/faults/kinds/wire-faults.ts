// What happens between services and brokers: single Produce and EndTxn requests, or their answers, are
// eaten or delayed. A delay beyond the request's timeout lets it arrive when its sender has given up and
// another has taken its place. And a broker that clients cannot reach although it lives.

import { systemClock } from '@fleet/runtime'

import { apiKeys } from '../world/kafka-frames.ts'
import type { WireRule } from '../world/kafka-proxy.ts'
import type { Fault } from './fault.ts'

/** A rule that meets no request within this long is taken back. */
const armedMsMax = 6000

interface WireKind {
  readonly kind: string
  readonly apiKey: number
  /** Whose requests; the beginning of the client id. */
  readonly clients: readonly string[]
}

const wireKinds: readonly WireKind[] = [
  { kind: 'produce', apiKey: apiKeys.produce, clients: ['ingester', 'fleet-', 'fleet-processor'] },
  {
    kind: 'end_txn',
    apiKey: apiKeys.endTxn,
    clients: ['fleet-', 'fleet-processor', 'fleet-crm-sink'],
  },
]

function wireFault(of: WireKind, side: WireRule['side'], isEaten: boolean): Fault {
  const kind = `${of.kind}_${side}_${isEaten ? 'eaten' : 'delayed'}`
  return {
    kind,
    lane: 'wire',
    inject: async ({ world, say, ending }, random) => {
      // Short ones come back in time; long ones when the sender has given up.
      const delayMs =
        random.next() < 0.5 ? random.between(300, 4000) : random.between(11_000, 14_000)
      const rule: WireRule = {
        apiKey: of.apiKey,
        client: random.pick(of.clients),
        side,
        delayMs: isEaten ? null : delayMs,
        left: random.between(1, 3),
        hits: 0,
      }
      world.cluster.rules.add(rule)
      const startedMs = systemClock.elapsedMs()
      while (rule.left > 0 && systemClock.elapsedMs() - startedMs < armedMsMax) {
        if (ending.aborted) break
        await systemClock.sleep(100)
      }
      world.cluster.rules.remove(rule)
      const how = isEaten ? 'eaten' : `${delayMs} ms late`
      say(`${rule.hits} ${of.kind} ${side}(s) of ${rule.client}* ${how}`)
      return rule.hits
    },
  }
}

const cutOff: Fault = {
  kind: 'broker_cut_off',
  lane: 'wire',
  inject: async ({ world, say, ending }, random) => {
    const { id, proxy } = random.pick(world.cluster.brokers)
    say(`broker ${id} is cut off from its clients`)
    proxy.cut(true)
    await systemClock.sleep(random.between(1000, 4000), ending)
    proxy.cut(false)
    return 1
  },
}

export const wireFaults: readonly Fault[] = [
  ...wireKinds.flatMap(of => [
    wireFault(of, 'request', true),
    wireFault(of, 'answer', true),
    wireFault(of, 'request', false),
    wireFault(of, 'answer', false),
  ]),
  cutOff,
]
