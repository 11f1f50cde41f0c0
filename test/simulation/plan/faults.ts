// The faults of a seed: what strikes, when, and whom.

import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

import type { Chance } from './chance.ts'
import { places, sessionTimeoutMs } from './plan.ts'
import type { CommitFault, Fault, PlannedFault, Shape } from './plan.ts'

const secondMs = 1000
const hourMs = 3600 * secondMs
const faultsSure = 3

/** What is made of one share of the chances; each seed has a taste of its own on top. */
const makers: readonly (readonly [share: number, make: (target: Target) => Fault])[] = [
  [40, ({ chance, stage }) => ({ kind: 'commit', stage, how: commitFault(chance) })],
  [14, kill],
  [12, ({ chance, process }) => ({ kind: 'pause', process, ms: pauseMs(chance) })],
  [7, ({ chance, process }) => ({ kind: 'stop', process, downMs: chance.integer(0, 3000) })],
  [
    7,
    ({ chance }) => {
      const stage = chance.pick(stageNames)
      return { kind: 'rebalance', stage, ms: chance.integer(0, 3000) }
    },
  ],
  [3, ({ chance }) => ({ kind: 'registry-down', ms: chance.integer(500, 5000) })],
  [
    2,
    ({ chance }) => {
      const delayMs = chance.integer(100, 4000)
      return { kind: 'registry-slow', ms: chance.integer(500, 5000), delayMs }
    },
  ],
  [6, ({ chance, process }) => clockJump(chance, process)],
  [4, ({ stage }) => ({ kind: 'read-failed', stage })],
  [4, ({ chance, stage }) => ({ kind: 'read-slow', stage, ms: chance.integer(10, 3000) })],
  [3, ({ stage }) => ({ kind: 'writer-refused', stage })],
  [3, ({ stage }) => ({ kind: 'writer-unheard', stage })],
]

interface Target {
  readonly chance: Chance
  readonly process: number
  readonly stage: StageName | null
}

type Timed = Pick<PlannedFault, 'atMs' | 'fault'>

/** Faults that mean something together only. */
export function troublesOf(chance: Chance, shape: Shape): Timed[] {
  return [
    ...slowRestarts(chance, shape),
    ...(chance.happens(0.1) ? dyingZombie(chance, shape) : []),
  ]
}

/** It dies when it hears that it is no member any more. */
function dyingZombie(chance: Chance, shape: Shape): Timed[] {
  const process = chance.integer(0, shape.processes.length)
  const atMs = chance.integer(600, shape.healAtMs - 3500)
  return [
    { atMs, fault: { kind: 'pause', process, ms: sessionTimeoutMs + 500 } },
    {
      atMs: atMs - 1,
      fault: { kind: 'kill', process, place: 'heartbeat', awaits: 1, downMs: 1000 },
    },
  ]
}

/** Restarts one after the other while reading is slow: a rebalance finds processes that are stopping. */
function slowRestarts(chance: Chance, shape: Shape): Timed[] {
  return Array.from({ length: chance.pick([0, 0, 1, 3]) }, () => {
    const stage = chance.pick(stageNames)
    const process = chance.integer(0, shape.processes.length)
    const atMs = chance.integer(600, shape.healAtMs - 3500)
    const stopAtMs = atMs + chance.integer(1, 300)
    const slow: Fault = { kind: 'read-slow', stage, ms: chance.integer(1200, 3000) }
    const stop: Fault = { kind: 'stop', process, downMs: chance.integer(0, 800) }
    const rebalance = (ms: number): Fault => ({ kind: 'rebalance', stage, ms })
    const pause: Fault = { kind: 'pause', process, ms: chance.integer(100, 2000) }
    return [
      { atMs, fault: slow },
      { atMs, fault: rebalance(chance.pick([30, 4000])) },
      { atMs: stopAtMs, fault: stop },
      { atMs: stopAtMs + chance.integer(1, 400), fault: rebalance(chance.integer(0, 3000)) },
      { atMs: stopAtMs + chance.integer(400, 1000), fault: pause },
    ]
  }).flat()
}

export function faultsOf(
  chance: Chance,
  shape: Shape,
  count: number,
  troubles: readonly Timed[],
): PlannedFault[] {
  const taste = makers.map(([share]) => share * chance.pick([0, 1, 1, 4]))
  const faults = Array.from({ length: count }, () => {
    const atMs = chance.integer(400, shape.healAtMs - 2500)
    const process = chance.integer(0, shape.processes.length)
    const stage = chance.happens(0.7) ? chance.pick(stageNames) : null
    return { atMs, fault: makerOf(chance, taste)({ chance, process, stage }) }
  })
  // Always strike, whatever is down: no seed is without its share of faults.
  for (let turn = 0; turn < faultsSure; turn++) {
    const rebalance = { kind: 'rebalance', stage: chance.pick(stageNames), ms: 500 } as const
    faults.push({ atMs: chance.integer(400, shape.healAtMs - 600), fault: rebalance })
  }
  faults.push(...troubles)
  return faults
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, fault }, number) => ({ number, atMs, fault }))
}

function makerOf(chance: Chance, taste: readonly number[]): (target: Target) => Fault {
  let roll = chance.next() * taste.reduce((sum, share) => sum + share, 0)
  const index = taste.findIndex(share => (roll -= share) < 0)
  const [, make] = makers[Math.max(0, index)] ?? []
  if (make === undefined) throw new Error('no fault to make')
  return make
}

/** At once, some awaits later, or at a place that may be a rare one. */
function kill({ chance, process }: Target): Fault {
  const how = chance.integer(0, 3)
  const place = how === 2 ? chance.pick(places) : null
  const awaits = [0, chance.integer(1, 60), 1][how] ?? 0
  return { kind: 'kill', process, place, awaits, downMs: chance.integer(0, 4000) }
}

/** Below and above the session timeout. */
function pauseMs(chance: Chance): number {
  return chance.happens(0.4)
    ? chance.integer(50, 2000)
    : chance.integer(sessionTimeoutMs + 1, sessionTimeoutMs + 3000)
}

function commitFault(chance: Chance): CommitFault {
  const share = chance.pick([0.3, 0.6, 1, 1])
  switch (chance.integer(0, 8)) {
    case 0:
      return { kind: 'refused' }
    case 1:
      return { kind: 'aborted', share }
    case 2:
    case 3:
      return { kind: 'response-lost' }
    case 4:
      return { kind: 'left-open', share }
    case 5:
      return { kind: 'end-delayed', ms: chance.integer(0, 1500) }
    case 6:
      return { kind: 'written-late', ms: chance.integer(0, 1500) }
    default:
      return { kind: 'crash', step: chance.integer(0, 4), downMs: chance.integer(0, 3000) }
  }
}

function clockJump(chance: Chance, process: number): Fault {
  const target = chance.pick([process, process, 'broker', 'all'] as const)
  const sizes = [20 * secondMs, 20 * 60 * secondMs, 2 * hourMs, 30 * hourMs]
  const ms = chance.pick(sizes) * (chance.happens(0.4) ? -1 : 1)
  return { kind: 'clock-jump', target, ms }
}
