// The topics that the counting stage reads and writes.

import { topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'

export const topicsUsed: readonly Topic[] = [
  topics.events.reservation,
  topics.events.incident,
  topics.crm,
  topics.redrive,
  topics.deadLetters['crm-sink'],
  topics.changelogs['crm-sink'],
]
