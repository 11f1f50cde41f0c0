// `fleet demo`: sends signed sample webhooks from four kinds of source, follows them through the pipeline,
// and says whether everything adds up.

import { topics } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { withRegistry } from '../registry.ts'
import { findEndpoint, readEndpoints, readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { awaitPipeline } from './await-pipeline.ts'
import { Evidence } from './reconcile/evidence.ts'
import { figuresOf } from './reconcile/figures.ts'
import { noShowAlert, noShowCountFor } from './reconcile/no-show-alert.ts'
import { reconcile } from './reconcile/reconcile.ts'
import type { Complaint } from './reconcile/reconcile.ts'
import { reportOf } from './report.ts'
import type { DemoResult } from './report.ts'
import { render } from './render.ts'
import { markStart, RunTopics } from './run-topics.ts'
import type { RunStart } from './run-topics.ts'
import { unsignedChallengeTitle } from './samples/smartcar.ts'
import { demoStories } from './samples/stories.ts'
import type { DemoEndpointId, Story } from './samples/sample.ts'
import { sendStories } from './send-stories.ts'
import type { DemoEndpoints } from './send-stories.ts'

export async function demoVerb(context: Context): Promise<ExitCode> {
  const settings = readSettings()
  if (settings.mode === 'production') {
    throw new UsageError(
      'the demo endpoints exist in development only, and FLEET_MODE is production. Send a real webhook with: fleet send',
    )
  }
  const endpoints = await demoEndpoints(settings)
  const result = await withKafka(context, settings, kafka =>
    withRegistry(settings.registryUrl, () => runDemo(context, settings, endpoints, kafka)),
  )
  if (context.json) printJson(context, reportOf(result))
  else context.terminal.write(render(context.terminal, result))
  return result.complaints.length === 0 ? exitCodes.ok : exitCodes.failed
}

async function runDemo(
  context: Context,
  settings: Settings,
  endpoints: DemoEndpoints,
  kafka: Kafka,
): Promise<DemoResult> {
  const { clock, terminal, stopping } = context
  const startedMs = clock.elapsedMs()
  const { tenantId } = endpoints['levy-demo']
  const { bodyMaxBytes: bodyBytesMax, tickSeconds } = settings
  const id = context.ids.uuid().replaceAll('-', '').slice(0, 10)
  const nowMs = clock.wallMs()
  const tell = (text: string): void => {
    const seconds = ((clock.elapsedMs() - startedMs) / 1000).toFixed(1)
    if (!context.json) terminal.write(terminal.colors.dim(`${seconds.padStart(5)} s  ${text}\n`))
  }

  const start = await markStart(kafka, tenantId)
  const before = await alertBefore(context, settings, kafka, start, tenantId)
  const noShowCount = noShowCountFor(before, nowMs)
  const run = { id, nowMs, tenantId, bodyBytesMax, noShowCount }
  const stories = withoutArmed(demoStories(run), endpoints, nowMs)
  const sent = await sendStories(context, settings, endpoints, stories)
  tell(`run ${id}: ${sent.length} webhooks sent`)
  const deliveryIds = new Set(sent.flatMap(({ deliveryId }) => deliveryId ?? []))
  const evidence = new Evidence({ id, tenantId, deliveryIds })
  const runTopics = await RunTopics.open(context, settings, kafka, start.positions, evidence)
  try {
    const late = await awaitPipeline({ context, runTopics, evidence, tickSeconds, tell })
    const unfinished = stopping.aborted ? ['the demo was stopped before it was done'] : late
    const complaints: Complaint[] = [
      ...unfinished.map(detail => ({ sample: null, detail })),
      ...reconcile(sent, evidence, { id, tenantId }),
    ]
    const figures = figuresOf(sent, evidence, start.alertsFrom)
    const seconds = (clock.elapsedMs() - startedMs) / 1000
    return { id, sent, figures, complaints, seconds }
  } finally {
    await runTopics.close()
  }
}

/** The alert as an earlier run may have left it. */
async function alertBefore(
  context: Context,
  settings: Settings,
  kafka: Kafka,
  start: RunStart,
  tenantId: string,
): Promise<Alert | null> {
  const evidence = new Evidence({ id: '', tenantId, deliveryIds: new Set() })
  const alerting = topics.alerting.name
  const positions = start.positions.filter(({ topic }) => topic === alerting)
  const runTopics = await RunTopics.open(context, settings, kafka, positions, evidence)
  const endsAtMs = context.clock.elapsedMs() + alertMsMax
  try {
    await runTopics.readToEnd([topics.alerting], () => context.clock.elapsedMs() > endsAtMs)
  } finally {
    await runTopics.close()
  }
  return noShowAlert(evidence, tenantId)
}

const alertMsMax = 5000

const adapters = {
  'levy-demo': 'generic',
  'ump-demo': 'ump',
  'smartcar-demo': 'smartcar',
  'sw-demo': 'standard-webhooks',
} as const

async function demoEndpoints(settings: Settings): Promise<DemoEndpoints> {
  const all = await readEndpoints(settings)
  const find = (id: DemoEndpointId) => {
    const endpoint = findEndpoint(all, id)
    if (endpoint.enabled && endpoint.adapter === adapters[id]) return endpoint
    throw new UsageError(`the demo needs ${id} enabled, with the adapter ${adapters[id]}`)
  }
  return {
    'levy-demo': find('levy-demo'),
    'ump-demo': find('ump-demo'),
    'smartcar-demo': find('smartcar-demo'),
    'sw-demo': find('sw-demo'),
  }
}

/** While an operator has armed the endpoint, our unsigned challenge would use the arming up. */
function withoutArmed(
  stories: readonly Story[],
  endpoints: DemoEndpoints,
  nowMs: number,
): readonly Story[] {
  if ((endpoints['smartcar-demo'].verifyArmedUntilMs ?? 0) <= nowMs) return stories
  return stories.map(story => ({
    ...story,
    samples: story.samples.filter(({ title }) => title !== unsignedChallengeTitle),
  }))
}
