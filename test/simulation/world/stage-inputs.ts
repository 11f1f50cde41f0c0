// What each stage reads and writes, said again here so that a stage that reads or writes something else
// is noticed.

import { domains, topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'

const { events } = topics

export const inputsOf: Record<StageName, readonly Topic[]> = {
  processor: [topics.raw],
  'crm-sink': [
    events.reservation,
    events.rental_session,
    events.incident,
    events.violation,
    events.customer,
  ],
  'accounting-sink': [events.billing, events.violation, events.incident, topics.ledgerControl],
  'alerting-router': domains.map(domain => events[domain]),
  'alerting-sink': [topics.alertSignals],
  automation: [
    events.reservation,
    events.rental_session,
    events.vehicle_availability,
    events.incident,
    events.violation,
    events.billing,
    events.vehicle,
  ],
}

export const outputsOf: Record<StageName, readonly Topic[]> = {
  processor: [...domains.map(domain => events[domain]), topics.state],
  'crm-sink': [topics.crm],
  'accounting-sink': [topics.accounting, topics.alertSignals],
  'alerting-router': [topics.alertSignals],
  'alerting-sink': [topics.alerting],
  automation: [topics.automation],
}
