// One process of the world: it starts stages as a service does, and can be killed, paused, stopped and
// started again. Each life is separate; nothing but the topics connects them.

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { RegistryPort } from '@fleet/codec'
import type { StageName } from '@fleet/contracts'
import { fateOf, messageOf } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import type { AnyStage, RunningStage, StageMetrics } from '@fleet/stage'
import { silentLogger } from '@fleet/telemetry'

import { sessionTimeoutMs } from '../plan/plan.ts'
import type { Place, Shape } from '../plan/plan.ts'
import { declarations } from './declarations.ts'
import { Lifeline } from './lifeline.ts'
import { ProcessBroker } from './process-broker.ts'
import { ProcessClock } from './process-clock.ts'
import type { Surroundings } from './surroundings.ts'

const registry = memoryRegistry()

const noMetrics: StageMetrics = {
  records: () => {},
  batch: () => {},
  endToEnd: () => {},
  superseded: () => {},
  lost: () => {},
  redriveRefused: () => {},
}

interface Incarnation {
  readonly life: Lifeline
  readonly brokers: ProcessBroker[]
  readonly running: RunningStage[]
  isStopping: boolean
}

export class SimulatedProcess {
  readonly number: number
  readonly #stages: readonly StageName[]
  readonly #shape: Shape
  readonly #around: Surroundings
  #current: Incarnation | null = null

  constructor(number: number, shape: Shape, around: Surroundings) {
    this.number = number
    this.#stages = shape.processes[number] ?? []
    this.#shape = shape
    this.#around = around
  }

  get isUp(): boolean {
    return this.#current !== null
  }

  get isPaused(): boolean {
    return this.#current?.life.isPaused === true
  }

  start(): void {
    if (this.#current !== null) return
    const incarnation = { life: new Lifeline(), brokers: [], running: [], isStopping: false }
    this.#current = incarnation
    void this.#run(incarnation).catch((error: unknown) => {
      if (!incarnation.life.isDead) this.#around.complain(this.number, messageOf(error))
    })
  }

  async #run(incarnation: Incarnation): Promise<void> {
    const { life } = incarnation
    const clock = new ProcessClock(this.#around.world, life, () => this.#around.skewMs(this.number))
    const codec = await openCodec({ registry: this.#registry(life), cacheFile: null, clock })
    const stages = declarations(this.#shape).filter(({ name }) => this.#stages.includes(name))
    const again = <T>(attempt: () => Promise<T>): Promise<T> => untilReachable(clock, attempt)
    await again(() => codec.load(stages.flatMap(({ writes, reads = [] }) => [...writes, ...reads])))
    const start = async (stage: AnyStage): Promise<void> => {
      if (incarnation.isStopping) return
      const broker = new ProcessBroker(
        stage.name,
        { ...this.#around, life, die: downMs => this.kill(downMs) },
        this.#shape.partitions,
      )
      incarnation.brokers.push(broker)
      const running = await stage.run({
        environment: 'simulation',
        broker,
        codec,
        metrics: noMetrics,
        logger: silentLogger,
        clock,
        ids: this.#around.chance,
        random: this.#around.chance,
        sha256Hex: text => sha256Hex(Buffer.from(text)),
        sessionTimeoutMs,
        latencyTargetMs: this.#shape.latencyTargetMs,
      })
      running.failed.catch((error: unknown) => {
        if (!life.isDead) this.#around.complain(this.number, messageOf(error))
      })
      incarnation.running.push(running)
    }
    for (const stage of stages) await again(() => start(stage))
  }

  #registry(life: Lifeline): RegistryPort {
    const ask = async <T>(answer: () => Promise<T>): Promise<T> => {
      await life.turn('registry')
      await this.#around.registryAnswers()
      return life.hear('registry-heard', answer())
    }
    return {
      findSchema: id => ask(() => registry.findSchema(id)),
      findId: (subject, schema) => ask(() => registry.findId(subject, schema)),
    }
  }

  /** At its n-th await from now on, at this place or anywhere; at once for 0. */
  killAt(place: Place | null, awaits: number, downMs: number): void {
    const doomed = this.#current
    if (awaits === 0) return this.kill(downMs)
    doomed?.life.doom({
      place,
      awaits,
      die: where => {
        if (doomed !== this.#current) return
        this.#around.diedAt(where)
        this.kill(downMs)
      },
    })
  }

  /** Its sessions time out later; what it had under way arrives or not. */
  kill(downMs: number): void {
    const killed = this.#current
    if (killed === null) return
    this.#current = null
    killed.life.kill()
    for (const broker of killed.brokers) broker.abandon()
    this.#around.world.after(sessionTimeoutMs, () => {
      for (const { membership } of killed.brokers) membership?.expire()
    })
    this.#around.world.after(downMs, () => this.start())
  }

  spare(): void {
    this.#current?.life.doom(null)
  }

  pause(ms: number): void {
    const paused = this.#current
    if (paused === null || paused.life.isPaused) return
    paused.life.pause()
    this.#around.world.after(sessionTimeoutMs, () => {
      if (ms <= sessionTimeoutMs || paused.life.isDead || !paused.life.isPaused) return
      for (const { membership } of paused.brokers) membership?.expire()
    })
    this.#around.world.after(ms, () => this.#resume(paused))
  }

  resume(): void {
    if (this.#current !== null) this.#resume(this.#current)
  }

  #resume({ life, brokers }: Incarnation): void {
    if (life.isDead || !life.isPaused) return
    // A heartbeat may be the first thing a zombie does, or come after it has gone on working.
    for (const { membership } of brokers) {
      const laterMs = this.#around.chance.pick([0, 1, 5, 50, 1000])
      life.call(() => this.#around.world.after(laterMs, () => void membership?.beat()))
    }
    if (this.#around.chance.happens(0.3)) {
      for (const { membership } of brokers) void membership?.beat()
    }
    life.resume()
  }

  /** Orderly, as on SIGTERM. Resolves when it is down. */
  async stop(): Promise<void> {
    const stopping = this.#current
    if (stopping === null || stopping.isStopping) return
    stopping.isStopping = true
    for (const running of stopping.running.toReversed()) await running.stop()
    if (this.#current !== stopping) return
    this.#current = null
    // A stage that was still starting has joined without anybody to stop it: the process exits anyway.
    stopping.life.kill()
    for (const broker of stopping.brokers) broker.abandon()
    for (const { membership } of stopping.brokers) membership?.expire()
  }
}

async function untilReachable<T>(clock: ProcessClock, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (fateOf(error) !== 'transient') throw error
      await clock.sleep(300)
    }
  }
}
