// Finds a topic by what a person calls it: the logical name or Kafka's.

import { allTopics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { UsageError } from './exit-code.ts'

export function findTopic(name: string): Topic {
  const found = allTopics.find(topic => topic.logical === name || topic.name === name)
  if (found !== undefined) return found
  const names = allTopics.map(topic => topic.logical)
  const meant = names.filter(logical => logical.split('.').includes(name))
  const hint =
    meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `Known: ${names.join(', ')}`
  throw new UsageError(`there is no topic "${name}". ${hint}`)
}
