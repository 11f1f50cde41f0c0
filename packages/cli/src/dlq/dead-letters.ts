// What the dlq verbs work with: letters, acts and, for replaying, what the edge has as well.

import { readFile } from 'node:fs/promises'
import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { EndpointCatalog, followControl } from '@fleet/control'
import { topics } from '@fleet/contracts'
import { LetterLog, Replayer } from '@fleet/dlq'
import type { FoundLetter, LetterFilter } from '@fleet/dlq'
import type { Appender } from '@fleet/kafka'
import { ProvenanceKeyRing } from '@fleet/signatures'
import type { Endpoint } from '@fleet/sources'
import { silentLogger } from '@fleet/telemetry'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { withRegistry } from '../registry.ts'
import { readEndpoints, readSettings } from '../settings.ts'
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
      const registry = httpRegistry(settings.registryUrl)
      const codec = await openCodec({ registry, cacheFile: null, clock })
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
  { clock, ids, stopping }: Context,
  settings: Settings,
  kafka: Kafka,
  { letters, codec, appender }: { letters: LetterLog; codec: Codec; appender: Appender },
): Promise<Replayer> {
  await codec.load([topics.raw, topics.redrive, ...Object.values(topics.events)])
  await codec.load([topics.alertSignals])
  const keyRing = await readKeyRing(settings.provenanceKeysFile)
  const endpoints = await endpointsInForce(settings, kafka, clock, stopping)
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

/** Null where they can't be read: a sink's letters need none. */
async function readKeyRing(file: string): Promise<ProvenanceKeyRing | null> {
  try {
    return ProvenanceKeyRing.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null
    throw error
  }
}

async function endpointsInForce(
  settings: Settings,
  { broker }: Kafka,
  clock: Context['clock'],
  stopping: AbortSignal,
): Promise<ReadonlyMap<string, Endpoint>> {
  if (settings.controlPlane === 'off') {
    return new Map((await readEndpoints(settings)).map(endpoint => [endpoint.id, endpoint]))
  }
  const catalog = new EndpointCatalog(settings.mode)
  const follower = followControl({ broker, clock, logger: silentLogger, onChange: () => {} })
  try {
    while (follower.readiness !== 'ok' && !stopping.aborted) {
      await clock.sleep(50, stopping)
    }
    const { entries } = catalog.read(follower.state)
    return new Map([...entries].map(([id, { endpoint }]) => [id, endpoint]))
  } finally {
    await follower.close()
  }
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
