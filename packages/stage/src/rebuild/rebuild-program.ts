// A program for operators, started by `fleet state rebuild` for the stages of a service. A changelog is
// private to its stage, so what writes it is too. One line of JSON a partition on standard output; what it
// does meanwhile, and why it ends, on standard error.
//
//   state-tool.ts rebuild --stage <name> --partition <p> … --partitions <n>
//     [--dry-run] [--from-what-is-left] [--accept-differences]

import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import { httpRegistry, openCodec } from '@fleet/codec'
import { connectKafka } from '@fleet/kafka'
import type { ConnectionSettings } from '@fleet/kafka'
import { codeOf, FleetError, messageOf, systemClock, systemIds, systemRandom } from '@fleet/runtime'

import type { TaskState } from '../declaration.ts'
import { readTopicsOf } from '../redrive.ts'
import { sha256Hex } from '../stage-service.ts'
import type { RebuildableStage } from './rebuildable.ts'
import { rebuildStage } from './rebuild-stage.ts'
import type { RebuildRequest, StageRebuild } from './rebuild-stage.ts'

/** Any stage, whatever its state; see AnyStage. */
export interface AnyRebuildable {
  readonly name: StageName
  readonly topics: readonly Topic[]
  rebuild(request: RebuildRequest): Promise<StageRebuild>
}

export function asRebuildable<State extends TaskState<Change>, Change>(
  stage: RebuildableStage<State, Change>,
): AnyRebuildable {
  const { declaration } = stage
  return {
    name: declaration.name,
    topics: [
      ...readTopicsOf(declaration),
      ...declaration.outputs,
      topics.deadLetters[declaration.name],
    ],
    rebuild: request => rebuildStage(stage, request),
  }
}

export interface RebuildProgram {
  /** Of the service: names its schema cache. */
  readonly name: string
  readonly settings: { environment: string; dataDir: string; registryUrl: string }
  readonly kafka: ConnectionSettings
  readonly stages: readonly AnyRebuildable[]
}

/** Sets the exit code. */
export async function runRebuildProgram(prepare: () => RebuildProgram): Promise<void> {
  try {
    await run(prepare())
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)} (${codeOf(error)})\n`)
    process.exitCode = 1
  }
}

async function run({ name, settings, kafka, stages }: RebuildProgram): Promise<void> {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: '' },
      partition: { type: 'string', multiple: true, default: [] },
      partitions: { type: 'string', default: '' },
      'dry-run': { type: 'boolean', default: false },
      'from-what-is-left': { type: 'boolean', default: false },
      'accept-differences': { type: 'boolean', default: false },
    },
  })
  const stage = stages.find(each => each.name === values.stage)
  if (stage === undefined) {
    throw new FleetError('CONFIG', 'fatal', `${name} has no stage "${values.stage}"`)
  }
  const broker = connectKafka(kafka)
  const cacheFile = join(settings.dataDir, 'schemas', `${name}.json`)
  const registry = httpRegistry(settings.registryUrl)
  const codec = await openCodec({ registry, cacheFile, clock: systemClock })
  await codec.load(stage.topics)
  const admin = await broker.openAdmin()
  const reader = await broker.openReader({ maxWaitMs: 100, partitionBytesMax: 4 * 1024 * 1024 })
  const stopping = new AbortController().signal
  try {
    for (const partition of values.partition.map(Number)) {
      process.stderr.write(`rebuild ${stage.name} partition ${partition}\n`)
      const report = await stage.rebuild({
        sources: { admin, reader, stopping },
        broker,
        codec,
        clock: systemClock,
        random: systemRandom,
        sha256Hex,
        environment: settings.environment,
        partition,
        partitionCount: Number(values.partitions),
        isDryRun: values['dry-run'],
        isRestEnough: values['from-what-is-left'],
        mayDiffer: values['accept-differences'],
        barrier: systemIds.uuid(),
      })
      process.stdout.write(`${JSON.stringify(report)}\n`)
    }
  } finally {
    await reader.close()
    await admin.close()
  }
}
