// Runs a stage's own tool on some partitions and collects its reports. A changelog is private to its stage,
// so what is in it is the stage's to tell.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { serviceOf, topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { UsageError } from '../exit-code.ts'
import type { Kafka } from '../kafka.ts'
import type { Context } from '../verb.ts'
import type { StateOptions } from './verb.ts'

/** Of the service that runs the stage. */
function programOf(stage: StageName): string {
  const path = `../../../../services/${serviceOf(stage)}/src/state-tool.ts`
  return fileURLToPath(new URL(path, import.meta.url))
}

/** The partitions asked for, of those that the stage's changelog has. */
export async function partitionsOf(
  { admin }: Kafka,
  { stage, partition }: StateOptions,
): Promise<{ partitions: number[]; partitionCount: number }> {
  const { name } = topics.changelogs[stage]
  const [described] = await admin.describeTopics([name], { config: false })
  if (described === null || described === undefined) {
    throw new UsageError(`${name} does not exist; run: fleet topics apply`)
  }
  const partitionCount = described.partitions
  if (partition === undefined) {
    return { partitions: Array.from({ length: partitionCount }, (_, n) => n), partitionCount }
  }
  if (partition < partitionCount) return { partitions: [partition], partitionCount }
  throw new UsageError(`${name} has the partitions 0 to ${partitionCount - 1}`)
}

/** @throws FleetError STATE_TOOL_FAILED (fatal) with what the tool said. */
export async function runStateTool<Report>(
  { terminal }: Pick<Context, 'terminal'>,
  stage: StageName,
  args: readonly string[],
): Promise<Report[]> {
  const loader = ['--import', import.meta.resolve('tsx')]
  const child = spawn(process.execPath, [...loader, programOf(stage), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
    terminal.writeError(terminal.colors.dim(text))
  })
  const reports: Report[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    reports.push(JSON.parse(line) as Report)
  }
  const [status] = (await closed) as [number | null]
  if (status === 0) return reports
  const reason = /^error: (.*)$/m.exec(said)?.[1] ?? `it ended with status ${status}`
  throw new FleetError('STATE_TOOL_FAILED', 'fatal', reason)
}
