// Which topics a stage reads, by the declaration of topics alone.

import { serviceOf, topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'

const domainTopics: readonly Topic[] = [...Object.values(topics.events), topics.ledgerControl]

export function stageInputs(stage: StageName): readonly Topic[] {
  if (stage === 'processor') return [topics.raw]
  if (stage === 'alerting-sink') return [topics.alertSignals]
  return domainTopics.filter(({ readers }) => readers.includes(serviceOf(stage)))
}
