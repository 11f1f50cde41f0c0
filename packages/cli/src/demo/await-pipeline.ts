// Waits until every stage has decided this run's records, one stage after the other along the pipeline.
// Bounded: a stage that does not come to its end is named, and what there is gets judged.

import { stageNames, topics } from '@fleet/contracts'
import type { Coordinates, StageName } from '@fleet/contracts'
import { stageInputs } from '../doctor/stage-inputs.ts'
import type { Context } from '../verb.ts'
import { decidingTick } from './reconcile/no-show-alert.ts'
import type { Evidence } from './reconcile/evidence.ts'
import type { RunTopics } from './run-topics.ts'

const stageMsMax = 30_000
const readMs = 100

export interface PipelineWait {
  context: Pick<Context, 'clock' | 'stopping'>
  runTopics: Pick<RunTopics, 'read' | 'readToEnd'>
  evidence: Evidence
  tickSeconds: number
  /** Says what has been reached. */
  tell(text: string): void
}

/** What did not come to its end; empty when all did. */
export async function awaitPipeline(wait: PipelineWait): Promise<string[]> {
  const { evidence, runTopics, tell, context } = wait
  const raw = [topics.raw]
  const events = Object.values(topics.events)
  const letters = Object.values(topics.deadLetters)
  const sinks = stageNames.filter(stage => stageInputs(stage).some(topic => events.includes(topic)))
  const { clock, stopping } = context
  const readAll = async (wanted: typeof events): Promise<void> => {
    const endsAtMs = clock.elapsedMs() + stageMsMax
    await runTopics.readToEnd(wanted, () => stopping.aborted || clock.elapsedMs() > endsAtMs)
  }

  await readAll(raw)
  const processed = await awaitStage(wait, 'processor', evidence.raw)
  if (processed !== null) return [processed]
  await readAll([...events, ...letters])
  tell(`processor: ${evidence.raw.length} raw records decided`)

  const late: string[] = []
  for (const stage of sinks) {
    const problem = await awaitStage(wait, stage, evidence.events)
    if (problem !== null) late.push(problem)
  }
  await readAll([topics.crm, topics.accounting, topics.alertSignals, topics.automation, ...letters])
  if (late.length > 0) return late
  tell(`crm-sink, accounting-sink, alerting, automation: ${evidence.events.length} events taken`)

  const alerted = await awaitAlerting(wait)
  await readAll([topics.alerting])
  return alerted === null ? [] : [alerted]
}

async function awaitStage(
  wait: PipelineWait,
  stage: StageName,
  records: readonly { at: Coordinates }[],
): Promise<string | null> {
  const inputs = new Set(stageInputs(stage).map(({ name }) => name))
  const open = (): number =>
    records.filter(({ at }) => inputs.has(at.topic) && !wait.evidence.hasPassed(stage, at)).length
  if (await isReached(wait, stageMsMax, () => open() === 0)) return null
  const seconds = stageMsMax / 1000
  return `${stage} has not processed ${open()} records of this run after ${seconds} s; try: fleet doctor`
}

/** The detector decides at ticks: its alert is due when it has taken the one behind our no-shows. */
async function awaitAlerting(wait: PipelineWait): Promise<string | null> {
  const { evidence, tickSeconds, tell } = wait
  tell(`alerting: waiting for the next tick (every ${tickSeconds} s)`)
  const isAlerted = (): boolean => {
    const tick = decidingTick(evidence)
    return tick !== null && evidence.hasPassed('alerting-sink', tick.at)
  }
  const waitMs = stageMsMax + tickSeconds * 1000
  if (await isReached(wait, waitMs, isAlerted)) return null
  const missing = decidingTick(evidence) === null ? 'alerting-router has written no tick' : null
  const what = missing ?? 'alerting-sink has not processed the tick'
  return `${what} behind this run's no-shows after ${waitMs / 1000} s; try: fleet doctor`
}

async function isReached(
  { context: { clock, stopping }, runTopics }: PipelineWait,
  waitMsMax: number,
  isDone: () => boolean,
): Promise<boolean> {
  const endsAtMs = clock.elapsedMs() + waitMsMax
  while (!isDone()) {
    if (stopping.aborted || clock.elapsedMs() >= endsAtMs) return false
    await runTopics.read(readMs)
  }
  return true
}
