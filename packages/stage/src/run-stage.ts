// Runs one stage declaration on a broker: checks the topics, joins the group, works on the partitions
// it is given, shows its position to the world. The memory broker and Kafka are driven alike.

import { groupIdOf, topics } from '@fleet/contracts'
import type { Broker, Membership, Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import type { StageDeclaration, TaskState } from './declaration.ts'
import { describedTopics } from './described-topics.ts'
import type { PartitionHandler } from './partition-handler.ts'
import { PartitionSet } from './partition-set.ts'
import { readTopicsOf } from './redrive.ts'
import { taskLag, untakenOf } from './task-lag.ts'
import type { TaskLag } from './task-lag.ts'
import { TransactionalTask } from './transactional-task.ts'
import type { TaskDependencies } from './task-dependencies.ts'

/** Group offsets are for display and autoscaling only, so they are cheap and late. */
const offsetCommitMs = 5000

export interface StageDependencies extends Omit<
  TaskDependencies,
  'partitionCount' | 'restoreReader'
> {
  sessionTimeoutMs?: number
}

export interface RunningStage {
  readonly name: string
  /** Readiness by task; `ok` or why not. */
  checks(): Record<string, string>
  tasks(): TaskReport[]
  /** Rejects (fatal) when the stage can't go on. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

export interface TaskReport extends TaskLag {
  partition: number
  phase: string
  counts: Record<string, number>
  sizes: Record<string, number>
}

export async function runStage<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  dependencies: StageDependencies,
): Promise<RunningStage> {
  const { broker, clock, random, logger } = dependencies
  const { name } = declaration
  const partitionCount = await partitionCountOf(declaration, broker)
  const reader = await broker.openReader()
  const restoreReader = await broker.openReader({ maxWaitMs: 100 })
  const tasks = new PartitionSet(
    partition =>
      new TransactionalTask(declaration, partition, {
        ...dependencies,
        partitionCount,
        restoreReader,
      }),
    { reader, clock, random, logger },
  )
  const closeReaders = (): Promise<unknown> => Promise.all([reader.close(), restoreReader.close()])
  const { membership, isMember } = await joinWith(tasks, declaration, dependencies).catch(
    async (error: unknown) => {
      await closeReaders()
      throw error
    },
  )
  const stopping = new AbortController()
  const saying = sayReaderTrouble(reader, name, logger)
  const showing = showPositions(tasks, membership, saying, clock, stopping.signal)
  const failures = [tasks.failed, membership.failed, reader.failed, restoreReader.failed]
  const failed = Promise.race(failures)
  // Whoever runs the stage looks at it; until then it must not end the process by itself.
  failed.catch(() => {})
  return {
    name,
    checks: () => ({
      kafka: reader.problem() ?? 'ok',
      ...(isMember() ? checksOf(name, tasks) : { [name]: 'between two generations of its group' }),
    }),
    tasks: () => reportsOf(tasks, reader),
    failed,
    stop: async () => {
      stopping.abort()
      await tasks.pause()
      await showing
      await commitPositions(tasks, membership)
      await membership.leave()
      await tasks.close()
      await closeReaders()
    },
  }
}

/** Joins the stage's group, which starts and stops the tasks from then on. */
async function joinWith<State extends TaskState<Change>, Change>(
  tasks: Pick<PartitionSet<PartitionHandler>, 'pause' | 'assign'>,
  declaration: StageDeclaration<State, Change>,
  { broker, environment, logger, sessionTimeoutMs }: StageDependencies,
): Promise<{ membership: Membership; isMember: () => boolean }> {
  const { name } = declaration
  let isMember = false
  const membership = await broker.joinGroup({
    groupId: groupIdOf(environment, name),
    topics: readTopicsOf(declaration).map(topic => topic.name),
    ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
    onRevoked: () => {
      isMember = false
      return tasks.pause()
    },
    onAssigned: partitions => {
      isMember = true
      logger.info({ event: 'group.assigned', stage: name, partitions }, 'partitions assigned')
      tasks.assign(partitions)
    },
  })
  return { membership, isMember: () => isMember }
}

/** What reporting needs of the tasks, whatever their state is. */
interface TaskView {
  readonly handlers: ReadonlyMap<
    number,
    Pick<
      TransactionalTask<TaskState<unknown>, unknown>,
      'partition' | 'phase' | 'waitingFor' | 'stream' | 'inWork' | 'progress' | 'sizes'
    >
  >
}

/** All topics of a stage share one partition count; anything else would tear state from records. */
async function partitionCountOf<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  broker: Broker,
): Promise<number> {
  const { name, outputs } = declaration
  const all = [...readTopicsOf(declaration), ...outputs]
  const names = [...all, topics.changelogs[name], topics.deadLetters[name]].map(topic => topic.name)
  const described = await describedTopics(broker, names)
  const missing = names.filter((_, index) => described[index] === null)
  if (missing.length > 0) {
    throw new FleetError(
      'TOPIC_MISSING',
      'fatal',
      `Topics are missing: ${missing.join(', ')}; run: fleet topics apply`,
    )
  }
  const counts = new Map(described.map(topic => [topic?.name ?? '', topic?.partitions ?? 0]))
  const first = counts.get(names[0] ?? '') ?? 0
  const different = [...counts].filter(([, count]) => count !== first)
  if (different.length > 0) {
    const list = different.map(([topic, count]) => `${topic} ${count}`).join(', ')
    throw new FleetError(
      'PARTITION_MISMATCH',
      'fatal',
      `${names[0]} has ${first} partitions, but: ${list}; run: fleet topics plan`,
    )
  }
  return first
}

async function showPositions(
  tasks: TaskView,
  membership: Membership,
  sayTrouble: () => void,
  clock: StageDependencies['clock'],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(offsetCommitMs, signal)
    sayTrouble()
    if (!signal.aborted) await commitPositions(tasks, membership)
  }
}

/** One line when fetching stops working, one when it works again. */
function sayReaderTrouble(reader: Reader, stage: string, logger: Logger): () => void {
  let isTroubled = false
  return () => {
    const problem = reader.problem()
    if ((problem !== null) === isTroubled) return
    isTroubled = problem !== null
    if (isTroubled) logger.warn({ event: 'kafka.unreachable', stage, problem }, 'Kafka is away')
    else logger.info({ event: 'kafka.reachable', stage }, 'Kafka is back')
  }
}

async function commitPositions(tasks: TaskView, membership: Membership): Promise<void> {
  const positions = [...tasks.handlers.values()].flatMap(({ partition, progress }) =>
    Object.entries(progress.positions).map(([topic, offset]) => ({ topic, partition, offset })),
  )
  await membership.commitOffsets(positions)
}

function checksOf(stage: string, tasks: TaskView): Record<string, string> {
  const busy = [...tasks.handlers.values()].filter(
    task => task.phase !== 'running' || untakenOf(task.stream) === null,
  )
  if (busy.length === 0) return { [stage]: 'ok' }
  const list = busy.map(
    ({ partition, phase, waitingFor }) =>
      `${partition} ${phase === 'running' ? 'not read yet' : phase}${waitingFor ? `: ${waitingFor}` : ''}`,
  )
  return { [stage]: `partitions not running: ${list.join('; ')}` }
}

function reportsOf(tasks: TaskView, reader: Reader): TaskReport[] {
  return [...tasks.handlers.values()].map(task => ({
    partition: task.partition,
    phase: task.phase,
    ...taskLag(task.stream, reader, task.inWork),
    counts: task.progress.counts,
    sizes: task.sizes(),
  }))
}
