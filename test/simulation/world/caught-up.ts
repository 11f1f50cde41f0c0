// Whether every stage has processed everything: by the positions in its changelog, which were committed
// with its outputs, and by the logs, in which nothing may be undecided.

import { stageNames, topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import type { MemoryBroker } from '@fleet/kafka'

import { inputsOf } from './stage-inputs.ts'

const stagesThatTick: readonly StageName[] = ['alerting-router', 'automation']

interface Followed {
  readonly stage: StageName
  readonly partition: number
  readUpTo: number
  positions: Record<string, number>
  lastTickMs: number
}

export class CaughtUp {
  readonly #broker: MemoryBroker
  readonly #followed: Followed[]

  constructor(broker: MemoryBroker, partitions: number) {
    this.#broker = broker
    this.#followed = stageNames.flatMap(stage =>
      Array.from({ length: partitions }, (_, partition) => ({
        stage,
        partition,
        readUpTo: 0,
        positions: {},
        lastTickMs: 0,
      })),
    )
  }

  /** Says what is not processed; null when everything is. */
  firstBehind(): string | null {
    for (const followed of this.#followed) {
      const { stage, partition } = followed
      this.#follow(followed)
      const redrive = stage === 'processor' ? [] : [topics.redrive]
      for (const { name: topic } of [...inputsOf[stage], ...redrive]) {
        const log = this.#broker.log({ topic, partition })
        const position = followed.positions[topic] ?? 0
        const where = `${stage} ${topic}-${partition}`
        if (log.lastStable < log.end) return `${where}: an open transaction at ${log.lastStable}`
        if (log.read(position, 1).records.length > 0) return `${where}: stands at ${position}`
      }
    }
    return null
  }

  /** The last tick of each partition of each stage that ticks. */
  lastTicksMs(): number[] {
    const ticking = this.#followed.filter(({ stage }) => stagesThatTick.includes(stage))
    for (const each of ticking) this.#follow(each)
    return ticking.map(({ lastTickMs }) => lastTickMs)
  }

  #follow(followed: Followed): void {
    const { stage, partition, readUpTo } = followed
    const log = this.#broker.log({ topic: topics.changelogs[stage].name, partition })
    const { records, nextOffset } = log.read(readUpTo, Infinity)
    followed.readUpTo = nextOffset
    for (const { key, value } of records) {
      if (key?.toString('utf8') !== '!progress' || value === null) continue
      const progress = JSON.parse(value.toString('utf8')) as Pick<
        Followed,
        'positions' | 'lastTickMs'
      >
      followed.positions = progress.positions
      followed.lastTickMs = progress.lastTickMs
    }
  }
}
