// What the dlq verbs work with: letters, acts and, for replaying, what the edge has as well.

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import { LetterLog, readSigningKeys, Replayer, replayWrites } from '@fleet/dlq'
import type { FoundLetter, LetterFilter } from '@fleet/dlq'
import type { Appender } from '@fleet/kafka'
import { endpointsInForce } from '../endpoints-in-force.ts'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { registryCodec, withRegistry } from '../registry.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { userName } from '../user-name.ts'
import type { Context } from '../verb.ts'

export interface DeadLetters {
  readonly letters: LetterLog
  readonly codec: Codec
  openAppender(): Promise<Appender>
  openReplayer(appender: Appender): Promise<Replayer>
}

export async function withDeadLetters<T>(
  context: Context,
  work: (tools: DeadLetters) => Promise<T>,
): Promise<T> {
  const settings = readSettings()
  const { clock, stopping } = context
  return withKafka(context, settings, kafka =>
    withRegistry(settings.registryUrl, async () => {
      const codec = await registryCodec(settings.registryUrl, clock)
      const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
      const appenders: Appender[] = []
      const letters = new LetterLog({ admin: kafka.admin, reader, stopping }, codec)
      const openAppender = async (): Promise<Appender> => {
        const appender = await kafka.broker.openAppender()
        appenders.push(appender)
        return appender
      }
      const openReplayer = (appender: Appender): Promise<Replayer> =>
        replayerOf(context, settings, kafka, { letters, codec, appender })
      try {
        return await work({ letters, codec, openAppender, openReplayer })
      } finally {
        await Promise.allSettled(appenders.map(appender => appender.close()))
        await reader.close()
      }
    }),
  )
}

async function replayerOf(
  context: Context,
  settings: Settings,
  kafka: Kafka,
  { letters, codec, appender }: { letters: LetterLog; codec: Codec; appender: Appender },
): Promise<Replayer> {
  const { clock, ids, stopping } = context
  await codec.load(replayWrites)
  const keyRing = readSigningKeys(settings.provenanceKeysFile)
  const endpoints = await endpointsInForce(context, settings, kafka.broker)
  const { length: partitionCount } = await kafka.admin.offsets(topics.raw.name)
  return new Replayer({
    letters,
    appender,
    codec,
    clock,
    ids,
    partitionCount,
    keyRing: () => keyRing,
    endpoints: () => endpoints,
    stopping,
  })
}

/** Who did it, for the acts. */
export function actorName(): string {
  return `cli:${userName()}`
}

/** Letters in a status; `any` is all of them. */
export async function* lettersIn(
  letters: LetterLog,
  filter: LetterFilter,
  status: string,
): AsyncGenerator<FoundLetter> {
  for await (const found of letters.find(filter)) {
    if (status === 'any' || found.status === status) yield found
  }
}
