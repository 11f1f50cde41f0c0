// The first of the two phases: load and faults side by side, until everything is sent and each kind of
// fault had its turn. Resolves when all faults have been put right.

import { setMaxListeners } from 'node:events'

import { messageOf, systemClock } from '@fleet/runtime'

import type { Scene } from './kinds/fault.ts'
import type { LanePlan } from './kinds/schedule.ts'
import { buildLoad } from './load/events.ts'
import type { Load } from './load/events.ts'
import { seeded } from './seeded.ts'
import { shiftClock } from './world/product.ts'
import { partitions } from './world/world.ts'
import type { World } from './world/world.ts'

/** A fault phase that takes so many times as long as wanted is ended, but not before so long. */
const patienceFactor = 3
const patienceMsMin = 300_000
const progressEveryMs = 5000
const moreEvents = 2000
/** So long at most the next broker fault waits for a processor that reads everything again. */
const workMsMax = 30_000
/** With more records than this unread before the processor, the load waits. */
export const backlogMax = 3000
const lookEveryMs = 500
const wholeMsMax = 120_000

export interface FaultPhase {
  /** How often each kind was injected. */
  readonly faults: Map<string, number>
  /** Kinds that failed to be injected, with the reason. */
  readonly failures: string[]
  /** Everything that was sent. */
  readonly loads: readonly Load[]
  readonly seconds: number
  /** How long the load waited because the processor was behind. */
  readonly heldSeconds: number
}

export interface PhaseOptions {
  readonly seed: number
  readonly seconds: number
  readonly lanes: readonly LanePlan[]
  readonly perSecond: number
  /** Most rounds through all kinds of a lane; what is left of the load then passes undisturbed. */
  readonly roundsMax: number
}

export async function runFaultPhase(
  scene: Omit<Scene, 'ending'>,
  options: PhaseOptions,
): Promise<FaultPhase> {
  const startedMs = systemClock.elapsedMs()
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const faults = new Map<string, number>()
  const failures: string[] = []
  const full = { ...scene, ending: ending.signal }
  const running: Promise<void>[] = []
  const firstRounds = options.lanes.map(
    lane =>
      new Promise<void>(resolve => {
        running.push(runLane(lane, full, options.roundsMax, faults, failures, resolve))
      }),
  )
  const patienceMs = Math.max(patienceMsMin, options.seconds * patienceFactor * 1000)
  const cancel = systemClock.after(patienceMs, () => {
    scene.say('the fault phase takes too long and is ended')
    ending.abort()
  })
  const watching = watch(full, faults)
  const holding = holdBack(full)
  const loads = await sendWhile(full, options, Promise.all(firstRounds))
  ending.abort()
  cancel()
  const [heldSeconds] = await Promise.all([holding, watching, ...running])
  await heal(scene.world)
  const seconds = (systemClock.elapsedMs() - startedMs) / 1000
  return { faults, failures, loads, seconds, heldSeconds }
}

async function runLane(
  { round, random, lane }: LanePlan,
  scene: Scene,
  roundsMax: number,
  faults: Map<string, number>,
  failures: string[],
  onFirstRound: () => void,
): Promise<void> {
  for (let rounds = 0; rounds < roundsMax && !scene.ending.aborted; rounds++) {
    const isFirst = rounds === 0
    const queue = [...round()]
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      if (scene.ending.aborted) break
      try {
        const times = await fault.inject(scene, random)
        if (times === 'refused') continue
        faults.set(fault.kind, (faults.get(fault.kind) ?? 0) + times)
        // Nothing was there to be broken, such as a request while all brokers were down: again, last.
        if (times === 0) queue.push(fault)
      } catch (error) {
        failures.push(`${fault.kind}: ${messageOf(error)}`)
        scene.say(`${lane}: ${fault.kind} failed: ${messageOf(error)}`)
      }
      // When each kind had its turn, there is time for work between two faults.
      const pauseMs = isFirst ? random.between(100, 1000) : random.between(3000, 8000)
      if (!isFirst && lane === 'brokers') await processorReads(scene)
      await systemClock.sleep(pauseMs, scene.ending)
    }
    onFirstRound()
  }
  onFirstRound()
}

/** A broker that fails under a product that still waits for the one before it shows nothing new. */
async function processorReads({ world, ending }: Scene): Promise<void> {
  const until = systemClock.elapsedMs() + workMsMax
  while (!ending.aborted && systemClock.elapsedMs() < until) {
    if ((await world.product.lagOf('processor', partitions)) !== null) return
    await systemClock.sleep(lookEveryMs, ending)
  }
}

/** All of the load, and more of the same until every kind had its turn. */
async function sendWhile(
  { load, sender, ending }: Scene,
  { seed }: PhaseOptions,
  firstRounds: Promise<unknown>,
): Promise<Load[]> {
  let isDone = false
  const done = firstRounds.then(() => (isDone = true))
  const loads = [load]
  await sender.deliverAll(load.deliveries)
  while (!isDone && !ending.aborted) {
    const run = `${load.run}-more${loads.length}`
    const more = buildLoad(run, moreEvents, seeded(seed, run), systemClock.wallMs())
    loads.push(more)
    await sender.deliverAll(more.deliveries)
  }
  await Promise.race([done, ended(ending)])
  return loads
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function watch(
  { sender, load, say, ending }: Scene,
  faults: Map<string, number>,
): Promise<void> {
  while (!ending.aborted) {
    await systemClock.sleep(progressEveryMs, ending)
    const injected = [...faults.values()].reduce((sum, times) => sum + times, 0)
    say(`${sender.done} of ${load.deliveries.length} deliveries accepted, ${injected} faults`)
  }
}

/**
 * The load waits for a product that is far behind, so that what is left to do after healing is bounded
 * on a slow machine too. Returns the seconds it waited.
 */
async function holdBack({ sender, world, ending }: Scene): Promise<number> {
  let known = { lag: 0, done: 0 }
  let heldMs = 0
  let lookedMs = systemClock.elapsedMs()
  while (!ending.aborted) {
    const nowMs = systemClock.elapsedMs()
    if (sender.isHeld) heldMs += nowMs - lookedMs
    lookedMs = nowMs
    const lag = await world.product.lagOf('processor', partitions)
    if (lag !== null) known = { lag, done: sender.done }
    sender.isHeld = known.lag + (sender.done - known.done) > backlogMax
    await systemClock.sleep(lookEveryMs, ending)
  }
  sender.isHeld = false
  return heldMs / 1000
}

/** Puts right whatever a fault may have left. */
async function heal(world: World): Promise<void> {
  world.cluster.rules.clear()
  world.registryProxy.mood = 'well'
  for (const { proxy } of world.cluster.brokers) proxy.cut(false)
  for (const instance of world.product.instances) {
    shiftClock(instance, 0)
    if (instance.process.isFrozen) instance.process.thaw()
  }
  await world.cluster.disk?.free()
  world.redis.start()
  await world.cluster.whole(wholeMsMax)
}
