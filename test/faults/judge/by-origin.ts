// Outputs by the event they come from: each answers for one, in its order.

import type { Coordinates } from '@fleet/contracts'

import type { Place } from './evidence.ts'
import { at } from './violation.ts'
import type { Violation } from './violation.ts'

export interface Output extends Place {
  origin: Coordinates
}

/**
 * Each origin once; and per output partition, the origins of one topic in their order. A router that
 * writes to another partition than its own has that order only per origin partition.
 */
export function byOrigin<Record extends Output>(
  outputs: readonly Record[],
  violations: Violation[],
  order: 'by origin' | 'by partition' | 'in any order' = 'by partition',
): Map<string, Record> {
  const found = new Map<string, Record>()
  const last = new Map<string, number>()
  for (const output of outputs) {
    const { origin, topic, partition } = output
    const name = at(origin)
    if (found.has(name)) {
      violations.push({ rule: 'repeated', where: at(output), detail: `second answer to ${name}` })
    }
    found.set(name, output)
    const lane = [topic, partition, origin.topic, origin.partition].join(' ')
    if (order !== 'by origin' && origin.partition !== partition) {
      const detail = `comes from partition ${origin.partition}`
      violations.push({ rule: 'wrong', where: at(output), detail })
    }
    if (order !== 'in any order' && origin.offset < (last.get(lane) ?? -1)) {
      const detail = `${name} stands behind a later record`
      violations.push({ rule: 'misordered', where: at(output), detail })
    }
    last.set(lane, origin.offset)
  }
  return found
}

export function strays(outputs: Iterable<Output>): Violation[] {
  return [...outputs].map(output => ({
    rule: 'wrong',
    where: at(output),
    detail: `comes from ${at(output.origin)}, which is not there`,
  }))
}
