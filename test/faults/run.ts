// One run from start to end, bounded in time, with everything it started ended however it goes.

import { randomUUID } from 'node:crypto'

import { domains, topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'

import { runFaultPhase } from './fault-phase.ts'
import type { FaultPhase } from './fault-phase.ts'
import { AvroSchemas } from './judge/avro-schemas.ts'
import { avroTopics, settledTopics } from './judge/evidence.ts'
import { judge } from './judge/judge.ts'
import { LiveReader } from './judge/live-reader.ts'
import type { Sent } from './judge/judge-pipeline.ts'
import { rules } from './judge/violation.ts'
import { Poison, recursiveSchema } from './kinds/poison.ts'
import { planLanes } from './kinds/schedule.ts'
import { buildLoad } from './load/events.ts'
import { Sender } from './load/sender.ts'
import type { Options } from './options.ts'
import { growPartitions } from './partition-growth.ts'
import { resultLine, writeReport } from './report.ts'
import type { Run } from './report.ts'
import { seeded } from './seeded.ts'
import { until } from './world/wait.ts'
import { endpointId, partitions, World } from './world/world.ts'

/** Promised: nothing is behind any more so long after the last fault was put right. */
const healedWithinMs = 60_000
const refusalEveryMs = 5000
const restLooks = 5
const restEveryMs = 500
const saidEveryMs = 5000
const violationsShownMax = 10

export interface Surroundings {
  readonly dataDir: string
  readonly say: (text: string) => void
  readonly stopping: AbortSignal
}

/** A stage will not start a partition, and never will: nothing more can be learned from this run. */
export class PartitionRefused extends Error {}

/** The exit code. */
export async function run(options: Options, surroundings: Surroundings): Promise<number> {
  const { dataDir, say, stopping } = surroundings
  const { events, seed, seconds } = options
  say(`seed ${seed}: ${events} events, faults for about ${seconds} s`)
  const startedMs = systemClock.elapsedMs()
  const world = await World.start(dataDir, say)
  const ended = new AbortController()
  const interrupted = new Promise<never>((_, reject) => {
    const end = (): void => reject(new Error(`ended by ${String(stopping.reason)}`))
    if (stopping.aborted) end()
    else stopping.addEventListener('abort', end, { once: true })
  })
  try {
    say(`up: ${world.product.instances.map(({ name }) => name).join(' ')}`)
    const finished = await Promise.race([
      breakAndJudge(options, world, say),
      interrupted,
      refused(world, ended.signal),
    ])
    const result: Run = { ...finished, seconds: (systemClock.elapsedMs() - startedMs) / 1000 }
    for (const problem of problemsOf(result)) say(problem)
    if (options.isReported) writeReport(result)
    process.stdout.write(`${resultLine(result)}\n`)
    return problemsOf(result).length === 0 ? 0 : 1
  } finally {
    ended.abort()
    await world.stop()
  }
}

async function refused({ product }: World, ended: AbortSignal): Promise<never> {
  while (!ended.aborted) {
    await systemClock.sleep(refusalEveryMs, ended)
    const refusal = ended.aborted ? null : await product.refusal()
    if (refusal !== null) {
      throw new PartitionRefused(`a partition is refused, so the run is over; ${refusal}`)
    }
  }
  return new Promise(() => {})
}

async function breakAndJudge(
  { events, seed, seconds, kinds, roundsMax }: Options,
  world: World,
  say: (text: string) => void,
): Promise<Omit<Run, 'seconds'>> {
  const { tool } = world.cluster
  const { keys } = world
  const schemas = new AvroSchemas(world.registryUrl)
  await schemas.learnTopics(avroTopics)
  const recursiveId = await schemas.register('faults-recursive-value', recursiveSchema)
  const poison = new Poison({ tool, keys, schemas, partitions, recursiveId })
  const name = `f${seed}-${randomUUID().slice(0, 4)}`
  const load = buildLoad(name, events, seeded(seed, 'load'), systemClock.wallMs())
  const perSecond = load.deliveries.length / seconds
  const sender = new Sender({
    ports: world.product.of('ingester').map(({ port }) => port),
    endpointId,
    secret: keys.endpointSecret,
    perSecond,
    random: seeded(seed, 'sender'),
  })
  const live = new LiveReader(world.jars, world.cluster.direct, settledTopics)
  const extraBodies: string[] = []
  try {
    say(`load: ${load.deliveries.length} deliveries at ${Math.round(perSecond)} a second`)
    const scene = { world, load, sender, poison, schemas, say, extraBodies }
    const lanes = planLanes(seed, kinds)
    const phase = await runFaultPhase(scene, {
      seed,
      seconds,
      lanes,
      perSecond,
      roundsMax,
    })
    say('healed; waiting until nothing is behind')
    const healSeconds = await untilAtRest(world, say)
    say(`at rest ${healSeconds.toFixed(1)} s after healing; the judge reads`)
    const sent = sentBy(sender, phase, extraBodies)
    const judgement = await judge(world, schemas, sent, poison, live)
    const ownEndings = world.product.ownEndings()
    if (ownEndings.length > 0) say(`ended by themselves: ${ownEndings.join(', ')}`)
    const growth = kinds.includes('partitions_grown') ? await growPartitions(world, say) : []
    return {
      seed,
      load,
      phase,
      sender,
      poison,
      judgement,
      healSeconds,
      ownEndings,
      growth,
      world,
      kinds,
    }
  } finally {
    sender.stop()
    live.stop()
  }
}

function sentBy(sender: Sender, { loads }: FaultPhase, extra: readonly string[]): Sent {
  const bodies = new Set(extra)
  let wanted = extra.length
  for (const { deliveries } of loads) {
    wanted += deliveries.length
    for (const { body } of deliveries) bodies.add(body)
  }
  return { accepted: sender.accepted, bodies, unaccepted: Math.max(0, wanted - sender.done) }
}

/** Seconds until nothing was behind any more, seen several times in a row. */
async function untilAtRest(world: World, say: (text: string) => void): Promise<number> {
  const outputs = [topics.raw.name, ...domains.map(domain => topics.events[domain].name)]
  let looks = 0
  let saidMs = systemClock.elapsedMs()
  const total = await until('nothing is behind', healedWithinMs + 120_000, async () => {
    const reason = await world.product.unrest(partitions)
    if (reason !== null && systemClock.elapsedMs() - saidMs > saidEveryMs) {
      saidMs = systemClock.elapsedMs()
      say(reason)
    }
    const undecided = reason === null ? await world.cluster.tool.undecided(outputs) : 0
    looks = reason === null && undecided === 0 ? looks + 1 : 0
    if (looks >= restLooks) return true
    await systemClock.sleep(restEveryMs)
    if (reason !== null) throw new Error(reason)
    return false
  })
  return Math.max(0, total - ((restLooks - 1) * restEveryMs) / 1000)
}

function problemsOf({ judgement, healSeconds, growth, phase, kinds }: Run): string[] {
  // Of every rule some: thousands of one must not hide the only one of another.
  const shown = rules.flatMap(rule =>
    judgement.violations.filter(one => one.rule === rule).slice(0, violationsShownMax),
  )
  const problems = shown.map(({ rule, where, detail }) => `${rule}: ${where}: ${detail}`)
  const more = judgement.violations.length - problems.length
  if (more > 0) problems.push(`and ${more} more`)
  if (healSeconds > healedWithinMs / 1000) {
    problems.push(`slow: at rest ${healSeconds.toFixed(1)} s after healing`)
  }
  for (const { name, said } of growth) {
    if (said === null) problems.push(`open: ${name} goes on although raw has other partitions`)
  }
  for (const kind of kinds) {
    const isOptional = kind === 'disk_full' || kind === 'partitions_grown'
    if (isOptional || (phase.faults.get(kind) ?? 0) > 0) continue
    problems.push(`not tried: ${kind} was never injected`)
  }
  return problems
}
