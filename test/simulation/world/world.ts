// Runs a plan: faults first, then healing until nothing is left to do, then an orderly end. What the
// topics hold afterwards is for the judges.

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { allTopics, groupIdOf } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { MemoryBroker } from '@fleet/kafka'
import { FleetError, messageOf } from '@fleet/runtime'

import { Chance } from '../plan/chance.ts'
import { startWallMs } from '../plan/make-plan.ts'
import { isArmed, killedAt, kindOf } from '../plan/plan.ts'
import type { ArmedFault, Fault, Plan, PlannedFault } from '../plan/plan.ts'
import { ArmedFaults } from './armed-faults.ts'
import { closeMonth } from './bookkeeper.ts'
import { CaughtUp } from './caught-up.ts'
import { rawRecord } from './ingest.ts'
import { redriveSome, redriveTimes } from './redrives.ts'
import './fixed-randomness.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { Surroundings } from './surroundings.ts'
import { VirtualClock } from './virtual-clock.ts'

const healMsMax = 120_000
const stopMsMax = 60_000
const lookMs = 250
/** More than a task waits between two attempts, and a tick is due. */
const tickMsMax = 20_000

export interface Ran {
  readonly broker: MemoryBroker
  readonly codec: Codec
  /** Faults that really struck, by kind. */
  readonly struck: ReadonlyMap<string, number>
  /** Virtual milliseconds from the end of the faults until everything was processed. */
  readonly healedInMs: number
  /** What went wrong in plain sight: a process ended, or nothing healed. */
  readonly complaints: readonly { rule: string; detail: string }[]
}

const codec = await openCodec({
  registry: memoryRegistry(),
  cacheFile: null,
  clock: new VirtualClock(startWallMs),
})
await codec.load(allTopics)

class World {
  readonly #plan: Plan
  readonly #clock = new VirtualClock(startWallMs)
  readonly #chance: Chance
  readonly #struck = new Map<string, number>()
  readonly #faults = new ArmedFaults(kind => this.#count(kind))
  readonly #processes: SimulatedProcess[]
  readonly #complaints: { rule: string; detail: string }[] = []
  readonly #skewMs = { all: 0, broker: 0, process: new Map<number, number>() }
  readonly #jumped = { broker: false, process: false, back: false }
  #registry = { isDown: false, delayMs: 0 }
  readonly broker: MemoryBroker

  constructor(plan: Plan) {
    this.#plan = plan
    this.#chance = new Chance(plan.seed, 'world')
    this.broker = createMemoryBroker({
      topics: allTopics.map(({ name }) => name),
      partitions: plan.shape.partitions,
      clock: this.#clock,
      appendTimeMs: () => this.#wallMs() + this.#skewMs.broker,
    })
    const around = this.#surroundings()
    this.#processes = plan.shape.processes.map(
      (_, number) => new SimulatedProcess(number, plan.shape, around),
    )
  }

  #wallMs(): number {
    return this.#clock.wallMs() + this.#skewMs.all
  }

  #surroundings(): Surroundings {
    const chance = this.#chance
    return {
      world: this.#clock,
      broker: this.broker,
      faults: this.#faults,
      chance,
      request: () =>
        chance.happens(0.5) ? Promise.resolve() : this.#clock.sleep(chance.integer(1, 8)),
      registryAnswers: async () => {
        if (this.#registry.delayMs > 0) await this.#clock.sleep(this.#registry.delayMs)
        if (!this.#registry.isDown) return
        throw new FleetError('REGISTRY_UNREACHABLE', 'transient', 'the registry is down')
      },
      skewMs: number => this.#skewMs.all + (this.#skewMs.process.get(number) ?? 0),
      diedAt: place => this.#count(killedAt(place)),
      complain: (number, message) => {
        this.#complaints.push({ rule: 'process-ended', detail: `process ${number}: ${message}` })
      },
    }
  }

  async run(): Promise<Ran> {
    const { records, faults, shape } = this.#plan
    const appender = await this.broker.openAppender()
    for (const record of records) {
      this.#clock.after(record.atMs, () => {
        void appender.append(rawRecord(record, codec, shape.partitions, this.#wallMs()))
      })
    }
    const redrives = new Chance(this.#plan.seed, 'redrives')
    for (const atMs of redriveTimes(shape.healAtMs)) {
      this.#clock.after(atMs, () => {
        redriveSome(this.broker, codec, shape.partitions, redrives, appender)
      })
    }
    for (const fault of faults) this.#clock.after(fault.atMs, () => this.#strike(fault))
    // The world begins on the first of March.
    const closing = { tenant: 'north', period: '2026-02' }
    this.#clock.after(Math.floor(shape.healAtMs / 2), () => {
      void closeMonth(this.broker, codec, shape.partitions, closing)
    })
    for (const process of this.#processes) process.start()
    await this.#clock.run(shape.healAtMs)
    this.#heal()
    const healedInMs = await this.#untilCaughtUp()
    await this.#untilTicked()
    await this.#stopAll()
    return {
      broker: this.broker,
      codec,
      struck: this.#struck,
      healedInMs,
      complaints: this.#complaints,
    }
  }

  #strike({ fault }: PlannedFault): void {
    if (isArmed(fault)) this.#faults.arm(fault)
    else if (this.#strikeNow(fault)) this.#count(kindOf(fault))
  }

  #count(kind: string): void {
    this.#struck.set(kind, (this.#struck.get(kind) ?? 0) + 1)
  }

  /** False: there was nothing to strike, or it strikes later. */
  #strikeNow(fault: Exclude<Fault, ArmedFault>): boolean {
    const process = 'process' in fault ? this.#processes[fault.process] : undefined
    if (process !== undefined && (!process.isUp || process.isPaused)) return false
    switch (fault.kind) {
      case 'kill':
        process?.killAt(fault.place, fault.awaits, fault.downMs)
        return fault.awaits === 0
      case 'pause':
        process?.pause(fault.ms)
        return true
      case 'stop':
        void process?.stop().then(() => {
          this.#clock.after(fault.downMs, () => process.start())
        })
        return true
      case 'rebalance':
        void this.#rebalance(fault)
        return true
      case 'registry-down':
      case 'registry-slow':
        this.#registry =
          fault.kind === 'registry-down'
            ? { ...this.#registry, isDown: true }
            : { ...this.#registry, delayMs: fault.delayMs }
        this.#clock.after(fault.ms, () => {
          this.#registry = { isDown: false, delayMs: 0 }
        })
        return true
      case 'clock-jump':
        this.#jump(fault)
        return true
    }
  }

  #jump({ target, ms }: Extract<Fault, { kind: 'clock-jump' }>): void {
    if (target === 'all') this.#jumped.back ||= ms < 0
    else this.#jumped[target === 'broker' ? 'broker' : 'process'] = true
    if (target === 'all') this.#skewMs.all += ms
    else if (target === 'broker') this.#skewMs.broker += ms
    else this.#skewMs.process.set(target, (this.#skewMs.process.get(target) ?? 0) + ms)
  }

  /** A member that takes its share of the partitions, does nothing with them, and leaves. */
  async #rebalance({ stage, ms }: Extract<Fault, { kind: 'rebalance' }>): Promise<void> {
    const group = this.broker.group(groupIdOf('simulation', stage), this.#plan.shape.partitions)
    const membership = await group.join({
      groupId: groupIdOf('simulation', stage),
      topics: [],
      onRevoked: () => Promise.resolve(),
      onAssigned: () => {},
    })
    await this.#clock.sleep(ms)
    await membership.leave()
  }

  #heal(): void {
    this.#faults.disarm()
    this.#registry = { isDown: false, delayMs: 0 }
    for (const process of this.#processes) {
      process.spare()
      process.resume()
      process.start()
    }
  }

  async #untilCaughtUp(): Promise<number> {
    const caughtUp = new CaughtUp(this.broker, this.#plan.shape.partitions)
    const startMs = this.#clock.elapsedMs()
    while (this.#clock.elapsedMs() < startMs + healMsMax) {
      await this.#clock.run(this.#clock.elapsedMs() + lookMs)
      const behind = caughtUp.firstBehind()
      if (behind === null) return this.#clock.elapsedMs() - startMs
      if (this.#complaints.length > 0) break
    }
    this.#complaints.push({ rule: 'stuck', detail: caughtUp.firstBehind() ?? 'nothing' })
    return this.#clock.elapsedMs() - startMs
  }

  /** In calm times each partition goes on ticking, unless all clocks went back or two of different kinds were wrong. */
  async #untilTicked(): Promise<void> {
    const { broker, process, back } = this.#jumped
    if ((broker && process) || back || this.#complaints.length > 0) return
    const caughtUp = new CaughtUp(this.broker, this.#plan.shape.partitions)
    const before = caughtUp.lastTicksMs()
    const untilMs = this.#clock.elapsedMs() + tickMsMax
    for (;;) {
      await this.#clock.run(this.#clock.elapsedMs() + lookMs)
      const silent = caughtUp.lastTicksMs().findIndex((tick, index) => tick === before[index])
      if (silent < 0) return
      if (this.#clock.elapsedMs() < untilMs) continue
      this.#complaints.push({ rule: 'stuck', detail: `partition ${silent} does not tick` })
      return
    }
  }

  async #stopAll(): Promise<void> {
    let open = this.#processes.length
    for (const process of this.#processes) void process.stop().then(() => open--)
    await this.#clock.run(this.#clock.elapsedMs() + stopMsMax, () => open === 0)
    if (open > 0) this.#complaints.push({ rule: 'stuck', detail: 'a process does not stop' })
  }
}

export async function runPlan(plan: Plan): Promise<Ran> {
  const world = new World(plan)
  try {
    return await world.run()
  } catch (error) {
    const complaints = [{ rule: 'livelock', detail: messageOf(error) }]
    return {
      broker: world.broker,
      codec,
      struck: new Map(),
      healedInMs: 0,
      complaints,
    }
  }
}
