// Where a letter stands in the order in which letters are found: by stage, partition and offset. A place stays
// good when the letter that stood there has failed again since and is found elsewhere. Pure.

import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

export interface LetterPlace {
  readonly stage: StageName
  readonly partition: number
  readonly offset: number
}

/** The first offset behind the place in a partition of a stage: 0 is all of it, Infinity nothing. */
export function offsetBehind(place: LetterPlace, stage: StageName, partition: number): number {
  const stages = stageNames.indexOf(stage) - stageNames.indexOf(place.stage)
  const apart = stages === 0 ? partition - place.partition : stages
  if (apart === 0) return place.offset + 1
  return apart > 0 ? 0 : Infinity
}

export function placeText({ stage, partition, offset }: LetterPlace): string {
  return `${stage}/${partition}/${offset}`
}

/** Null: it is none. */
export function readPlace(text: string): LetterPlace | null {
  const [, name, partition, offset] = /^([a-z-]{1,40})\/(\d{1,6})\/(\d{1,15})$/.exec(text) ?? []
  const stage = stageNames.find(each => each === name)
  if (stage === undefined) return null
  return { stage, partition: Number(partition), offset: Number(offset) }
}
