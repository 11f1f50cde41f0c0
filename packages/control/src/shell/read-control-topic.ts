// Reads the control topic from its start to an offset into a state. A record that can't be read, or a
// secret of a lower version, is said and passed over: the others must go on.

import { topics } from '@fleet/contracts'
import type { Broker, InRecord } from '@fleet/kafka'
import type { Logger } from '@fleet/telemetry'

import type { ControlState } from '../core/state.ts'
import { controlError } from '../errors.ts'

/** All changes are one order. */
export const controlPartition = 0

const takeMax = 1000
const waitMs = 500
/** The offset is committed, so it comes; a broker that goes away meanwhile must not hold us for ever. */
const emptyTakesMax = 20

export async function readControlTopic(
  broker: Broker,
  untilOffset: number,
  state: ControlState,
  logger: Logger,
): Promise<void> {
  const reader = await broker.openReader()
  const position = { topic: topics.control.name, partition: controlPartition, offset: -1 }
  const stream = reader.open([position])
  try {
    let at = -1
    for (let empty = 0; at <= untilOffset;) {
      const taken = stream.take(takeMax, waitMs)
      const { records, positions } = await Promise.race([taken, reader.failed])
      applyRecords(state, records, logger)
      const next = positions[0]?.offset ?? at
      empty = next === at ? empty + 1 : 0
      at = next
      if (empty > emptyTakesMax) {
        const reason = reader.problem() ?? `it stands at ${at} of ${untilOffset}`
        throw controlError('CONTROL_UNAVAILABLE', `the control topic can't be read (${reason})`)
      }
    }
  } finally {
    stream.close()
    await reader.close()
  }
}

export function applyRecords(
  state: ControlState,
  records: readonly InRecord[],
  logger: Logger,
): void {
  for (const { key, value, offset } of records) {
    const name = key?.toString('utf8') ?? ''
    const applied = state.applyRecord(name, value === null ? null : value.toString('utf8'))
    if (applied.ok) continue
    const { reason, detail } = applied
    logger.error({ offset, record: name, reason, detail }, 'control.record_refused')
  }
}
