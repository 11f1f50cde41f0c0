// Which topics a stage reads, by the declaration of topics alone.

import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'

const events = Object.values(topics.events)

export function stageInputs(stage: StageName): readonly Topic[] {
  switch (stage) {
    case 'processor':
      return [topics.raw]
    case 'crm-sink':
    case 'accounting-sink':
      return events.filter(topic => topic.readers.includes(stage))
    case 'alerting-router':
      return events
    case 'alerting-sink':
      return [topics.alertSignals]
  }
}
