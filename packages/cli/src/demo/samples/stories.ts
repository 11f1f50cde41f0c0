// All samples of a run. The same run id and time always give the same bytes.

import type { DemoRun } from './demo-run.ts'
import { resource, times } from './demo-run.ts'
import { levy } from './levy-event.ts'
import { levyCases } from './levy-cases.ts'
import { levyTrips } from './levy-trips.ts'
import { oddStories } from './oddities.ts'
import { orderingStories } from './ordering.ts'
import type { Story } from './sample.ts'
import { current } from './sample.ts'
import { smartcarLegacyStories } from './smartcar-legacy.ts'
import { smartcarStories } from './smartcar.ts'
import { partnerStories } from './standard-webhooks.ts'
import { umpStories } from './ump.ts'

export function demoStories(run: DemoRun): Story[] {
  return [
    // First, because its alert takes longest: it waits for a tick.
    ...noShowSpike(run),
    ...orderingStories(run),
    ...oddStories(run),
    ...levyTrips(run),
    ...levyCases(run),
    ...umpStories(run),
    ...smartcarStories(run),
    ...smartcarLegacyStories(run),
    ...partnerStories(run),
  ]
}

/** All within so many seconds. */
function noShowSpike(run: DemoRun): Story[] {
  return times(run.noShowCount, n => {
    const about = resource(run, 'reservation', 'R', 800 + n)
    const data = { customer_id: `CU-${run.id}-${800 + n}`, reason: 'not_at_the_vehicle' }
    const created = 'reservation.created'
    const noShow = 'reservation.no_show'
    return {
      title: `no-show ${n}`,
      samples: [
        levy(run, { type: created, about, secondsAgo: 3600, data }, current(created)),
        levy(run, { type: noShow, about, secondsAgo: n, data }, current(noShow)),
      ],
    }
  })
}
