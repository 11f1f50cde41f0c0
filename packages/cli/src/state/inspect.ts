// `fleet state inspect`: what the changelogs of a stage hold, by partition.

import { topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import { messageOf } from '@fleet/runtime'
import { ChangelogFold, KeyedState, readPartition } from '@fleet/stage'
import { stageInputs } from '../doctor/stage-inputs.ts'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { partitionsOf, runStateTool } from './state-tool.ts'
import type { StateOptions } from './verb.ts'

/** What every stage's changelog says; the processor's says more. */
interface InspectReport {
  partition: number
  ok: boolean
  problem: string | null
  records: number
  live_records: number
  hash_stored: string | null
  hash_computed: string
  positions: Record<string, number>
  lag: number
  ids?: number
  resources?: number
  oldest_id?: string | null
  stream_time: string | null
  resource?: unknown
}

export async function inspectVerb(
  context: Context,
  options: StateOptions & { resource?: string },
): Promise<ExitCode> {
  const { stage, resource } = options
  if (resource !== undefined && stage !== 'processor') {
    throw new UsageError('--resource is for the processor')
  }
  const reports = await withKafka(context, readSettings(), async kafka => {
    const { partitions, partitionCount } = await partitionsOf(kafka, options)
    if (stage !== 'processor') {
      return inspectAll(context, kafka, stage, partitions, partitionCount)
    }
    return runStateTool<InspectReport>(context, stage, [
      'inspect',
      ...partitions.flatMap(partition => ['--partition', String(partition)]),
      '--partitions',
      String(partitionCount),
      ...(resource === undefined ? [] : ['--resource', resource]),
    ])
  })
  if (context.json) printJson(context, { stage, partitions: reports })
  else show(context, stage, reports)
  return reports.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.failed
}

/** Stages whose state is a plain map: what is in it is not looked at. */
async function inspectAll(
  { stopping }: Pick<Context, 'stopping'>,
  kafka: Kafka,
  stage: StageName,
  partitions: readonly number[],
  partitionCount: number,
): Promise<InspectReport[]> {
  const { name: topic } = topics.changelogs[stage]
  const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
  const ends = await kafka.admin.offsets(topic)
  const reports: InspectReport[] = []
  try {
    for (const partition of partitions) {
      const fold = new ChangelogFold(new KeyedState<unknown>())
      const to = ends.find(each => each.partition === partition)?.lastStable ?? 0
      await readPartition(reader, { topic, partition, from: -1, to }, stopping, records => {
        for (const { key, value } of records) fold.take(String(key ?? ''), value)
      })
      reports.push(await reportOf(kafka, stage, partition, partitionCount, fold))
    }
  } finally {
    await reader.close()
  }
  return reports
}

async function reportOf(
  { admin }: Kafka,
  stage: StageName,
  partition: number,
  partitionCount: number,
  fold: ChangelogFold<KeyedState<unknown>, unknown>,
): Promise<InspectReport> {
  let problem: string | null = null
  let progress = null
  try {
    progress = fold.finish(partitionCount, stage, partition)
  } catch (error) {
    problem = messageOf(error)
  }
  const positions = progress?.positions ?? {}
  let lag = 0
  for (const { name } of stageInputs(stage)) {
    const end = (await admin.offsets(name)).find(each => each.partition === partition)
    lag += Math.max(0, (end?.lastStable ?? 0) - (positions[name] ?? end?.logStart ?? 0))
  }
  const streamTimeMs = progress?.streamTimeMs ?? 0
  return {
    partition,
    ok: problem === null,
    problem,
    records: fold.records,
    live_records: fold.hash.entries,
    hash_stored: progress?.state?.hash ?? null,
    hash_computed: fold.hash.toString(),
    positions,
    lag,
    stream_time: streamTimeMs === 0 ? null : new Date(streamTimeMs).toISOString(),
  }
}

function show({ terminal }: Context, stage: StageName, reports: readonly InspectReport[]): void {
  const { green, red } = terminal.colors
  const isProcessor = stage === 'processor'
  const head = ['partition', 'state', 'records', 'live', 'hash', 'lag', 'stream time']
  const rows = reports.map(report => [
    report.partition,
    report.ok ? green('ok') : red('not to be trusted'),
    report.records,
    report.live_records,
    report.hash_computed,
    report.lag,
    report.stream_time ?? '-',
    ...(isProcessor ? [report.ids ?? 0, report.resources ?? 0, report.oldest_id ?? '-'] : []),
  ])
  const more = isProcessor ? ['ids', 'resources', 'oldest id'] : []
  terminal.write(table(terminal, [...head, ...more], rows))
  for (const { problem } of reports) if (problem !== null) terminal.write(`${red(problem)}\n`)
  for (const { partition, resource } of reports) {
    if (resource === undefined || resource === null) continue
    terminal.write(`partition ${partition}: ${JSON.stringify(resource, null, 2)}\n`)
  }
}
