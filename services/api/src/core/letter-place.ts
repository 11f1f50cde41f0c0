// Where a page of dead letters ends: letters are listed by stage, partition and offset. A place stays good
// when the letter that stood there has failed again since and is listed elsewhere.

import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

export interface LetterPlace {
  readonly stage: StageName
  readonly partition: number
  readonly offset: number
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

export function isBehind(place: LetterPlace, other: LetterPlace): boolean {
  const stages = stageNames.indexOf(place.stage) - stageNames.indexOf(other.stage)
  if (stages !== 0) return stages > 0
  if (place.partition !== other.partition) return place.partition > other.partition
  return place.offset > other.offset
}
