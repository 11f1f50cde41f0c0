// `fleet mapper shadow`: the present and the candidate mapper over a range of the raw topic. It reads
// what is committed, joins no group and never writes.

import { topics } from '@fleet/contracts'
import { parseEndpoints, presentMapper } from '@fleet/sources'
import type { Mapper } from '@fleet/sources'

import { byId, endpointsInForce } from '../endpoints-in-force.ts'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { readArgumentFile } from '../read-file.ts'
import { registryCodec, withRegistry } from '../registry.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { followTopic } from '../tail/follow-topic.ts'
import type { FollowPlan } from '../tail/follow-topic.ts'
import { parseStart } from '../tail/start.ts'
import type { Start } from '../tail/start.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'
import { loadCandidate } from './candidate.ts'
import { renderExample, renderReport } from './render.ts'
import { Shadow } from './run-shadow.ts'
import type { Side } from './run-shadow.ts'
import { ShadowReport } from './shadow-report.ts'
import type { Example } from './shadow-report.ts'

export interface ShadowOptions {
  candidate?: string
  candidateEndpoints?: string
  from: string
  to?: string
  follow?: boolean
  timeout?: string
  examples: string
  showValues?: boolean
}

export async function shadowVerb(context: Context, options: ShadowOptions): Promise<ExitCode> {
  const plan = planOf(options)
  const settings = readSettings()
  const { mapper, endpoints } = await candidateOf(options, settings)
  const report = new ShadowReport({ ...plan, showValues: options.showValues === true })
  const codec = await registryCodec(settings.registryUrl, context.clock)
  const tell = (example: Example): void => {
    if (plan.isFollowing && !context.json) context.terminal.write(renderExample(context, example))
  }
  const retries = await withKafka(context, settings, async kafka => {
    const inForce = await endpointsInForce(context, settings, kafka.broker)
    const present = { mapper: presentMapper, endpoints: inForce }
    const shadow = new Shadow(present, { mapper, endpoints: endpoints ?? inForce }, report)
    await followTopic(context, kafka, following(plan), records =>
      withRegistry(settings.registryUrl, () => shadow.see(records, codec, tell)),
    )
    return shadow.retries
  })
  const { ok, ...counts } = report.counts()
  const versions = { present: presentMapper.version, candidate: mapper.version }
  const whole = { ok, ...versions, from: options.from, to: options.to ?? null, ...counts, retries }
  if (context.json) printJson(context, whole)
  // Examples of a run that follows were told as they came.
  else renderReport(context, plan.isFollowing ? { ...whole, examples: [] } : whole)
  return ok ? exitCodes.ok : exitCodes.failed
}

function following({ start, timeoutMs, toMs }: Plan): FollowPlan {
  return {
    topic: topics.raw.name,
    start,
    recordsMax: Infinity,
    timeoutMs,
    partition: null,
    accept: record => record.timestampMs < toMs,
  }
}

async function candidateOf(
  { candidate, candidateEndpoints }: ShadowOptions,
  settings: Settings,
): Promise<{ mapper: Mapper; endpoints: Side['endpoints'] | null }> {
  if (candidate === undefined && candidateEndpoints === undefined) {
    throw new UsageError('name what to compare with: --candidate, --candidate-endpoints, or both')
  }
  const mapper = candidate === undefined ? presentMapper : await loadCandidate(candidate)
  if (candidateEndpoints === undefined) return { mapper, endpoints: null }
  const reading = parseEndpoints(String(await readArgumentFile(candidateEndpoints)), settings.mode)
  if (reading.ok) return { mapper, endpoints: byId(reading.endpoints) }
  throw new UsageError(`${candidateEndpoints} has mistakes: ${reading.problems.join('; ')}`)
}

interface Plan {
  readonly start: Start
  readonly toMs: number
  readonly isFollowing: boolean
  /** Null: until it is stopped. */
  readonly timeoutMs: number | null
  readonly examplesMax: number
}

function planOf(options: ShadowOptions): Plan {
  const { from, to, follow, timeout, examples } = options
  const isFollowing = follow === true
  if (isFollowing && to !== undefined) throw new UsageError('--follow has no end: leave --to away')
  if (!isFollowing && timeout !== undefined) throw new UsageError('--timeout goes with --follow')
  const end = to === undefined || to === 'latest' ? null : parseStart(to)
  if (end === 'earliest' || end === 'latest') throw new UsageError('--to must be a time or latest')
  const seconds = timeout === undefined ? null : number('--timeout', timeout)
  return {
    start: parseStart(from),
    toMs: end?.timestampMs ?? Infinity,
    isFollowing,
    timeoutMs: !isFollowing ? 0 : seconds === null ? null : seconds * 1000,
    examplesMax: Math.floor(number('--examples', examples)),
  }
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new UsageError(`${option} must be a number, 0 or more`)
}
