// What a judge may find wrong, with the record that shows it.

export const rules = ['lost', 'repeated', 'misordered', 'torn', 'wrong'] as const
export type Rule = (typeof rules)[number]

export interface Violation {
  rule: Rule
  /** Topic, partition and offset, or what was sent. */
  where: string
  detail: string
}

export function at({
  topic,
  partition,
  offset,
}: {
  topic: string
  partition: number
  offset: number
}): string {
  return `${topic}-${partition}@${offset}`
}
