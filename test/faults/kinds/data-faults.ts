// What happens in the data itself: poison in the raw topic, and bursts of deliveries so large that no
// transaction can hold many of them.

import { systemClock } from '@fleet/runtime'

import type { Fault } from './fault.ts'

const largeBytes = 240_000
const burst = 24
let bursts = 0

const poisoned: Fault = {
  kind: 'poison',
  lane: 'data',
  inject: async ({ poison, load, say, ending }, random) => {
    say('poison of every kind')
    const written = await poison.writeAll(load.run, random)
    await systemClock.sleep(random.between(1000, 3000), ending)
    return written
  },
}

const oversize: Fault = {
  kind: 'oversize',
  lane: 'data',
  inject: async ({ sender, load, say, extraBodies, ending }, random) => {
    say(`${burst} deliveries of ${largeBytes} bytes`)
    bursts++
    const bodies = Array.from({ length: burst }, (_, n) =>
      JSON.stringify({
        event_id: `${load.run}-large-${bursts}-${n}`,
        event_type: 'reservation.updated',
        occurred_at: new Date(Date.now() - 3_600_000).toISOString(),
        resource_type: 'reservation',
        resource_id: `${load.run}-large-${n % 3}`,
        data: { note: String.fromCodePoint(97 + (n % 26)).repeat(largeBytes) },
      }),
    )
    extraBodies.push(...bodies)
    await Promise.all(bodies.map(body => sender.deliver(body)))
    await systemClock.sleep(random.between(500, 1500), ending)
    return bodies.length
  },
}

export const dataFaults: readonly Fault[] = [poisoned, oversize]
