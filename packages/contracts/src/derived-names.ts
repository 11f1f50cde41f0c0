// Names that follow from a topic's or a stage's: registry subjects, consumer groups, transactional ids. They
// hold for ever: a stage under a changed one starts from the beginning beside its old self.

import type { Topic } from './topics.ts'

/** Registry subject of a topic's values: TopicNameStrategy. */
export function subjectOf(topic: Topic): string {
  return `${topic.name}-value`
}

/** Topology generation: a different partition count is a new generation with ids of its own. */
export const topologyGeneration = 1

/** Consumer group id of a stage, `<env>.<stage>.g<generation>`. */
export function groupIdOf(environment: string, stage: string): string {
  return `${environment}.${stage}.g${topologyGeneration}`
}

/** Transactional id of the one writer of a stage's partition; stable for ever, it fences zombies. */
export function transactionalIdOf(environment: string, stage: string, partition: number): string {
  return `${transactionalIdPrefixOf(environment, stage)}${partition}`
}

/** What the transactional ids of a stage's partitions begin with, and those of no other stage. */
export function transactionalIdPrefixOf(environment: string, stage: string): string {
  return `${groupIdOf(environment, stage)}.`
}
