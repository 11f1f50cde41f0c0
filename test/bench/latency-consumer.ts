// The other process of the latency benchmark: a committed-isolation consumer that notes, on the
// machine's monotonic clock, when each record reaches its handler.

import { topics } from '@fleet/contracts'
import { platformSettings } from '@fleet/config'
import { connectKafka } from '@fleet/kafka'

const { kafkaBrokers } = platformSettings()
const broker = connectKafka({ brokers: kafkaBrokers, clientId: 'bench-latency' })
const admin = await broker.openAdmin()
const topic = topics.events.reservation.name
const ends = await admin.offsets(topic)
await admin.close()
const reader = await broker.openReader()
const stream = reader.open(
  ends.map(({ partition, lastStable }) => ({ topic, partition, offset: lastStable })),
)
// The first take returns once a fetch is under way at the end of every partition.
await stream.take(1, 1500)
process.send?.({ ready: true })
process.on('disconnect', () => process.exit(0))
for (;;) {
  const { records } = await stream.take(1000, 60_000)
  const nanos = process.hrtime.bigint()
  for (const { headers } of records) {
    process.send?.({ id: headers['ce_id']?.toString('utf8'), nanos: String(nanos) })
  }
}
