// What a judge may find wrong, with the record that shows it.

export const rules = ['lost', 'repeated', 'misordered', 'torn', 'wrong'] as const
export type Rule = (typeof rules)[number]

export interface Violation {
  rule: Rule
  /** Topic, partition and offset, or what was sent. */
  where: string
  detail: string
}

/** By so much one clock of the machine may be ahead of another that is right; jumps are an hour or a day. */
const aheadMsMax = 60_000

/** Microseconds said by who wrote a record, against the broker's time of it. */
export function isAhead(micros: number, appendedAtMs: number): boolean {
  return micros / 1000 > appendedAtMs + aheadMsMax
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
