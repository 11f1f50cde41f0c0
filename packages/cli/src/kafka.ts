// The verbs' connection to Kafka. When it does not answer, the message names the address and what to
// try; no verb waits for it longer than a person would.

import { connectKafka } from '@fleet/kafka'
import type { Admin, Broker } from '@fleet/kafka'
import { FleetError, withDeadline } from '@fleet/runtime'
import { UnreachableError } from './exit-code.ts'
import type { Settings } from './settings.ts'
import type { Context } from './verb.ts'

const connectMsMax = 8000

export interface Kafka {
  broker: Broker
  admin: Admin
}

export async function withKafka<T>(
  context: Pick<Context, 'clock'>,
  settings: Settings,
  work: (kafka: Kafka) => Promise<T>,
): Promise<T> {
  const broker = connectKafka({ brokers: settings.kafkaBrokers, clientId: 'fleet-cli' })
  const connecting = broker.openAdmin()
  let admin: Admin
  try {
    admin = await withDeadline(context.clock, connectMsMax, 'connecting to Kafka', connecting)
  } catch (error) {
    connecting.then(late => late.close()).catch(() => {})
    throw unreachable('Kafka', settings.kafkaBrokers.join(', '), error)
  }
  try {
    return await work({ broker, admin })
  } catch (error) {
    const isAway = error instanceof FleetError && error.code === 'KAFKA_UNREACHABLE'
    throw isAway ? unreachable('Kafka', settings.kafkaBrokers.join(', '), error) : error
  } finally {
    await admin.close().catch(() => {})
  }
}

export function unreachable(what: string, address: string, cause: unknown): UnreachableError {
  const message = `${what} at ${address} is not reachable. Is it running? try: make status`
  return new UnreachableError(message, { cause })
}
