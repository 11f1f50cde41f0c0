// Looks topics up before a stage or a view starts.

import type { Broker, TopicDescription } from '@fleet/kafka'
import { FleetError, messageOf } from '@fleet/runtime'

/**
 * @throws FleetError KAFKA_UNREACHABLE (transient): whatever the client throws here, a broker that went
 *   away or is starting is its cause, and the caller waits for it instead of ending.
 */
export async function describedTopics(
  broker: Broker,
  names: readonly string[],
): Promise<(TopicDescription | null)[]> {
  const admin = await broker.openAdmin()
  try {
    return await admin.describeTopics(names, { config: false })
  } catch (error) {
    if (error instanceof FleetError) throw error
    const message = `Topics can't be looked up: ${messageOf(error)}`
    throw new FleetError('KAFKA_UNREACHABLE', 'transient', message, { cause: error })
  } finally {
    await admin.close().catch(() => {})
  }
}
