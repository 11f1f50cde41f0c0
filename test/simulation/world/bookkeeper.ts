// Somebody who closes a month while everything strikes: the same record in every partition, in one
// transaction, as `fleet ledger close` writes it.

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { LedgerControl } from '@fleet/contracts'
import type { Broker } from '@fleet/kafka'

export async function closeMonth(
  broker: Broker,
  codec: Codec,
  partitions: number,
  { tenant, period }: { tenant: string; period: string },
): Promise<void> {
  const control: LedgerControl = {
    control_id: `${tenant} ${period}`,
    kind: 'CLOSE_PERIOD',
    tenant_id: tenant,
    period,
    chart_version: null,
    reason: null,
    requested_by: null,
    requested_at: 0,
  }
  const writer = await broker.openWriter({ transactionalId: 'bookkeeper' })
  await writer.commit(
    Array.from({ length: partitions }, (_, partition) => ({
      topic: topics.ledgerControl.name,
      partition,
      key: tenant,
      value: codec.encode(topics.ledgerControl, control),
    })),
  )
  await writer.close()
}
