// The verbs' connection to Kafka. When it does not answer, the message names the address and what to
// try; no verb waits for it longer than a person would.

import { kafkaConnection } from '@fleet/config'
import { connectAclAdmin, connectKafka } from '@fleet/kafka'
import type { AclAdmin, Admin, Broker } from '@fleet/kafka'
import { FleetError, withDeadline } from '@fleet/runtime'
import { UnreachableError } from './exit-code.ts'
import type { Settings } from './settings.ts'
import type { Context } from './verb.ts'

const connectMsMax = 8000
const clientId = 'fleet-cli'

export interface Kafka {
  broker: Broker
  admin: Admin
}

export async function withKafka<T>(
  context: Pick<Context, 'clock'>,
  settings: Settings,
  work: (kafka: Kafka) => Promise<T>,
): Promise<T> {
  const broker = connectKafka(kafkaConnection(settings, clientId))
  return withConnection(context, settings, broker.openAdmin(), admin => work({ broker, admin }))
}

export async function withAcls<T>(
  context: Pick<Context, 'clock'>,
  settings: Settings,
  work: (admin: AclAdmin) => Promise<T>,
): Promise<T> {
  const connecting = connectAclAdmin(kafkaConnection(settings, clientId))
  return withConnection(context, settings, connecting, work)
}

async function withConnection<Connection extends { close(): Promise<void> }, T>(
  { clock }: Pick<Context, 'clock'>,
  settings: Settings,
  connecting: Promise<Connection>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const address = settings.kafkaBrokers.join(', ')
  let connection: Connection
  try {
    connection = await withDeadline(clock, connectMsMax, 'connecting to Kafka', connecting)
  } catch (error) {
    connecting.then(late => late.close()).catch(() => {})
    // Who is refused is told why; that the broker runs is then known.
    if (error instanceof FleetError && error.fate === 'fatal') throw error
    throw unreachable('Kafka', address, error)
  }
  try {
    return await work(connection)
  } catch (error) {
    const isAway = error instanceof FleetError && error.code === 'KAFKA_UNREACHABLE'
    throw isAway ? unreachable('Kafka', address, error) : error
  } finally {
    await connection.close().catch(() => {})
  }
}

export function unreachable(what: string, address: string, cause: unknown): UnreachableError {
  // A listener that wants TLS closes the connection without a word: running is then not the question.
  const isSilent = cause instanceof FleetError && cause.message.includes('FLEET_KAFKA_SECURITY')
  const question = isSilent ? 'Does FLEET_KAFKA_SECURITY fit its listener?' : 'Is it running?'
  const message = `${what} at ${address} is not reachable. ${question} try: make status`
  return new UnreachableError(message, { cause })
}
