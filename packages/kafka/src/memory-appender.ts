// The appender of the in-memory broker: every record is a request of its own.

import { FleetError, messageOf } from '@fleet/runtime'

import { Refused } from './memory-faults.ts'
import type { MemoryWire } from './memory-faults.ts'
import type { Appender } from './ports.ts'
import type { OutRecord } from './record.ts'

export function openMemoryAppender(
  wire: MemoryWire,
  write: (record: OutRecord) => number,
): Appender {
  const underWay = new Set<Promise<unknown>>()
  let healthy = true
  let closed = false

  const send = async (record: OutRecord): Promise<{ offset: number }> => {
    await Promise.resolve()
    const { topic, partition } = record
    try {
      const offset = await wire.send(
        { api: 'Append', transactionalId: null, partitions: [{ topic, partition }] },
        () => write(record),
      )
      healthy = true
      return { offset }
    } catch (error) {
      if (error instanceof FleetError) throw error
      healthy = false
      const code = error instanceof Refused ? 'APPEND_FAILED' : 'APPEND_UNKNOWN'
      throw new FleetError(code, 'transient', messageOf(error), { cause: error })
    }
  }

  return {
    append: record => {
      if (closed) return Promise.reject(new FleetError('CLOSED', 'fatal', 'The appender is closed'))
      const appending = send(record)
      underWay.add(appending)
      const forget = (): void => void underWay.delete(appending)
      appending.then(forget, forget)
      return appending
    },
    get healthy() {
      return healthy
    },
    close: async () => {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}
