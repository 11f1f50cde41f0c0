// What is measured: every service that follows the processor, what each of its stages has to do, and which
// topics say so.

import { domains, topics } from '@fleet/contracts'

import type { Work } from './lag-figures.ts'
import type { MeasuredName } from './sink-process.ts'
import type { Traffic } from './traffic.ts'

/** By service: its stages, and whether a stage reads the events themselves or what others write. */
export const services: Readonly<
  Record<string, Readonly<Partial<Record<MeasuredName, Work | 'events'>>>>
> = {
  'crm-sink': { 'crm-sink': 'events' },
  'accounting-sink': { 'accounting-sink': 'events' },
  'alerting-sink': {
    'alerting-router': 'events',
    // Signals of both, and ticks.
    'alerting-sink': { after: ['alerting-router', 'accounting-sink'] },
  },
  automation: { automation: 'events' },
  // The state, of which the processor writes one record for each change.
  projector: { projector: { after: ['processor'] } },
}

export function worksOf(traffic: Traffic): Map<MeasuredName, Work> {
  const works = new Map<MeasuredName, Work>()
  for (const [service, stages] of Object.entries(services)) {
    for (const [name, work] of Object.entries(stages) as [MeasuredName, Work | 'events'][]) {
      works.set(name, work === 'events' ? { records: eventsFor(service, traffic) } : work)
    }
  }
  return works
}

/** Each different event of the topics the service reads, once. */
function eventsFor(service: string, { distinct }: Traffic): number {
  return domains
    .filter(domain => topics.events[domain].readers.some(reader => reader === service))
    .reduce((sum, domain) => sum + (distinct.get(domain) ?? 0), 0)
}
