// Dead letters on the real Kafka: the board behind the metrics, and the desk of the admin API.

import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { kafkaConnection } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'
import { EndpointCatalog } from '@fleet/control'
import type { ControlPlane } from '@fleet/control'
import { stageNames, topics } from '@fleet/contracts'
import { LetterLog, readSigningKeys, Replayer, replayWrites } from '@fleet/dlq'
import { connectKafka } from '@fleet/kafka'
import type { Admin, Appender, Reader } from '@fleet/kafka'
import { messageOf, systemClock as clock, systemIds as ids } from '@fleet/runtime'
import type { Scope } from '@fleet/runtime'
import type { Logger, Metrics } from '@fleet/telemetry'
import { LetterBoard } from './board.ts'
import { LetterDesk } from './desk.ts'
import type { DeadLetterDesk } from './desk.ts'

export interface DeadLettersOptions {
  readonly settings: PlatformSettings
  /** Null: metrics only. */
  readonly plane: ControlPlane | null
  readonly metrics: Metrics
  readonly logger: Logger
  readonly scope: Scope
}

const followed = [topics.deadLetterActs, ...stageNames.map(stage => topics.deadLetters[stage])]
const takeRecordsMax = 500
const waitMs = 1000
const againMs = 5000

/** What a round works on; closed at its end. */
export interface Connection {
  readonly codec: Codec
  readonly admin: Admin
  readonly reader: Reader
  readonly appender: Appender
}

/** Answers at once; what it needs is waited for beside the API, whose reads need none of it. */
export function openDeadLetters(
  options: DeadLettersOptions,
  connect: () => Promise<Connection> = connectionOf(options.settings),
): () => DeadLetterDesk | null {
  const { plane, metrics, logger, scope } = options
  let board: LetterBoard | null = null
  let desk: LetterDesk | null = null
  addGauges(metrics, () => board)
  const working = untilStopped(scope, logger, async () => {
    const connection = await connect()
    const { admin, reader, appender, codec } = connection
    // Its replays end with the round: on a connection that was lost they would wait without end.
    const round = new AbortController()
    const stopping = AbortSignal.any([scope.stopping, round.signal])
    try {
      if (plane !== null) desk = await openDesk(options, { ...connection, plane, stopping })
      board = new LetterBoard(codec, clock)
      await follow(board, admin, reader, stopping)
    } finally {
      const ending = desk
      desk = null
      board = null
      round.abort()
      await ending?.idle()
      await Promise.allSettled([appender.close(), reader.close(), admin.close()])
    }
  })
  scope.onClose('dead letters', () => working)
  return () => desk
}

function connectionOf(settings: PlatformSettings): () => Promise<Connection> {
  const broker = connectKafka(kafkaConnection(settings, 'api-dead-letters'))
  const registry = httpRegistry(settings.registryUrl)
  return async () => ({
    codec: await openCodec({ registry, cacheFile: null, clock }),
    admin: await broker.openAdmin(),
    reader: await broker.openReader(),
    appender: await broker.openAppender(),
  })
}

async function untilStopped(
  { stopping }: Scope,
  logger: Logger,
  work: () => Promise<void>,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      await work()
    } catch (error) {
      if (stopping.aborted) return
      const problem = messageOf(error)
      logger.warn({ event: 'dead_letters.waiting', problem }, 'dead letters can’t be read yet')
      await clock.sleep(againMs, stopping)
    }
  }
}

async function follow(
  board: LetterBoard,
  admin: Admin,
  reader: Reader,
  stopping: AbortSignal,
): Promise<void> {
  const positions = []
  for (const { name: topic } of followed) {
    for (const { partition } of await admin.offsets(topic)) {
      positions.push({ topic, partition, offset: -1 })
    }
  }
  const stream = reader.open(positions)
  const stop = (): void => stream.wake()
  stopping.addEventListener('abort', stop, { once: true })
  try {
    while (!stopping.aborted) {
      const { records } = await Promise.race([stream.take(takeRecordsMax, waitMs), reader.failed])
      await board.take(records)
    }
  } finally {
    stopping.removeEventListener('abort', stop)
    stream.close()
  }
}

interface Connected extends Connection {
  readonly plane: ControlPlane
  readonly stopping: AbortSignal
}

async function openDesk(
  { settings, logger }: DeadLettersOptions,
  { admin, reader, appender, codec, plane, stopping }: Connected,
): Promise<LetterDesk> {
  await codec.load(replayWrites)
  const letters = new LetterLog({ admin, reader, stopping }, codec)
  const { length: partitionCount } = await admin.offsets(topics.raw.name)
  const catalog = new EndpointCatalog(settings.mode)
  const replayer = new Replayer({
    letters,
    appender,
    codec,
    clock,
    ids,
    partitionCount,
    keyRing: () => readSigningKeys(settings.provenanceKeysFile),
    endpoints: () => catalog.read(plane.state).endpoints,
    stopping,
  })
  const desk = new LetterDesk({ letters, appender, replayer, clock, logger, stopping })
  await desk.resume()
  return desk
}

function addGauges(metrics: Metrics, board: () => LetterBoard | null): void {
  const add = (name: string, help: string, value: keyof Omit<Standing, 'stage'>): void => {
    metrics.gauge(name, help, () =>
      (board()?.read() ?? []).map(each => ({ value: each[value], labels: { stage: each.stage } })),
    )
  }
  add('fleet_dead_letters_open', 'Letters nobody has replayed or discarded.', 'open')
  add('fleet_dead_letters_open_bytes', 'Their bytes.', 'bytes')
  add(
    'fleet_dead_letters_oldest_seconds',
    'Age of the oldest open letter; 0 where none is open.',
    'oldestSeconds',
  )
}

type Standing = ReturnType<LetterBoard['read']>[number]
