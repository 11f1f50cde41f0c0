// Finds a topic by what a person calls it: the logical name or Kafka's.

import { allTopics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { UsageError } from './exit-code.ts'

export function findTopic(name: string): Topic {
  const found = allTopics.find(topic => topic.logical === name || topic.name === name)
  if (found !== undefined) return found
  const known = allTopics.map(topic => topic.logical).join(', ')
  throw new UsageError(`there is no topic "${name}". Known: ${known}`)
}
