// Dead letters on the real Kafka: the board behind the metrics, and the desk of the admin API.

import { readFileSync } from 'node:fs'
import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { kafkaConnection } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'
import { EndpointCatalog } from '@fleet/control'
import type { ControlPlane } from '@fleet/control'
import { stageNames, topics } from '@fleet/contracts'
import { LetterLog, Replayer } from '@fleet/dlq'
import { connectKafka } from '@fleet/kafka'
import type { Admin, Appender, Reader } from '@fleet/kafka'
import { messageOf, systemClock as clock, systemIds as ids } from '@fleet/runtime'
import type { Scope } from '@fleet/runtime'
import { ProvenanceKeyRing } from '@fleet/signatures'
import type { Endpoint } from '@fleet/sources'
import type { Logger, Metrics } from '@fleet/telemetry'
import { LetterBoard } from './board.ts'
import { LetterDesk, replayWrites } from './desk.ts'
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

/** Answers at once; what it needs is waited for beside the API, whose reads need none of it. */
export function openDeadLetters(options: DeadLettersOptions): () => DeadLetterDesk | null {
  const { settings, plane, metrics, logger, scope } = options
  const broker = connectKafka(kafkaConnection(settings, 'api-dead-letters'))
  let board: LetterBoard | null = null
  let desk: LetterDesk | null = null
  addGauges(metrics, () => board)
  const working = untilStopped(scope, logger, async () => {
    const registry = httpRegistry(settings.registryUrl)
    const codec = await openCodec({ registry, cacheFile: null, clock })
    const admin = await broker.openAdmin()
    const reader = await broker.openReader()
    const appender = await broker.openAppender()
    try {
      if (plane !== null) {
        desk = await openDesk(options, { admin, reader, appender, codec, plane })
      }
      board = new LetterBoard(codec, clock)
      await follow(board, admin, reader, scope.stopping)
    } finally {
      await desk?.idle()
      desk = null
      await Promise.allSettled([appender.close(), reader.close(), admin.close()])
    }
  })
  scope.onClose('dead letters', () => working)
  return () => desk
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

interface Connected {
  readonly admin: Admin
  readonly reader: Reader
  readonly appender: Appender
  readonly codec: Codec
  readonly plane: ControlPlane
}

async function openDesk(
  { settings, logger, scope }: DeadLettersOptions,
  { admin, reader, appender, codec, plane }: Connected,
): Promise<LetterDesk> {
  const { stopping } = scope
  await codec.load(replayWrites)
  const letters = new LetterLog({ admin, reader, stopping }, codec)
  const { length: partitionCount } = await admin.offsets(topics.raw.name)
  const catalog = new EndpointCatalog(settings.mode)
  const endpoints = (): ReadonlyMap<string, Endpoint> => {
    const { entries } = catalog.read(plane.state)
    return new Map([...entries].map(([id, { endpoint }]) => [id, endpoint]))
  }
  const keyRing = (): ProvenanceKeyRing | null => readKeyRing(settings.provenanceKeysFile)
  const replayer = new Replayer({
    letters,
    appender,
    codec,
    clock,
    ids,
    partitionCount,
    keyRing,
    endpoints,
    stopping,
  })
  const desk = new LetterDesk({ letters, appender, replayer, clock, logger, stopping })
  await desk.resume()
  return desk
}

/** Null where this process is given none: then it replays the letters of sinks alone. */
function readKeyRing(file: string): ProvenanceKeyRing | null {
  try {
    return ProvenanceKeyRing.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
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
