// Alerting as two declarations. The router reads every event topic and writes signals by tenant,
// and ticks; the sink reads only those signals, so replaying them gives the same alerts.

import { domains, partitionOf, topics } from '@fleet/contracts'
import type { AlertSignal, Domain } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { KeyedState } from '@fleet/stage'
import type { Decision, Input, KeyedChange, StageDeclaration, TickContext } from '@fleet/stage'

import { detectNoShowSpike } from './core/detect-no-show-spike.ts'
import type { SpikeFact } from './core/memory.ts'
import { toAlertSignal, toTickSignal } from './core/to-alert-signal.ts'
import type { RoutedEvent } from './core/to-alert-signal.ts'

type NoState = KeyedState<never>
type NoChange = KeyedChange<never>
type SpikeState = KeyedState<SpikeFact>
type SpikeChange = KeyedChange<SpikeFact>

/** `tickMs`: how often detectors look; an alert is late by at most this and the lag. */
export function alertingRouter(options: { tickMs: number }): StageDeclaration<NoState, NoChange> {
  return {
    name: 'alerting-router',
    inputs: domains.map(domain => topics.events[domain]),
    outputs: [topics.alertSignals],
    createState: () => new KeyedState<never>(),
    decide: route,
    tickMs: options.tickMs,
    tick: writeTick,
  }
}

export function alertingSink(): StageDeclaration<SpikeState, SpikeChange> {
  return {
    name: 'alerting-sink',
    inputs: [topics.alertSignals],
    outputs: [topics.alerting],
    createState: () => new KeyedState<SpikeFact>(),
    decide: detect,
  }
}

function route(_state: NoState, input: Input): Decision<NoChange> {
  const { topic, partition, offset } = input.record
  const event = input.value as RoutedEvent
  const signal = toAlertSignal(domainOf(input), event, { topic, partition, offset })
  if (signal === null) return { verdict: 'published', changes: [], emit: [] }
  const key = signal.tenant_id
  const emit = {
    topic: topics.alertSignals,
    key,
    value: signal,
    partition: partitionOf(key, input.partitionCount),
  }
  return { verdict: 'published', changes: [], emit: [emit] }
}

/** Each task ticks its own partition of the signals, so every partition gets every tick once. */
function writeTick(_state: NoState, context: TickContext): Decision<NoChange> {
  const { partition, tickAtMicros } = context
  const emit = {
    topic: topics.alertSignals,
    key: `tick/${partition}`,
    value: toTickSignal(tickAtMicros),
    partition,
  }
  return { verdict: 'published', changes: [], emit: [emit] }
}

function detect(state: SpikeState, input: Input): Decision<SpikeChange> {
  const { alerts, changes } = detectNoShowSpike(state, input.value as AlertSignal)
  const emit = alerts.map(alert => ({
    topic: topics.alerting,
    key: alert.tenant_id ?? input.key,
    value: alert,
    occurredAtMicros: alert.event_time,
  }))
  return { verdict: 'published', changes, emit }
}

function domainOf(input: Input): Domain {
  const domain = domains.find(candidate => topics.events[candidate] === input.topic)
  if (domain === undefined) {
    const message = `${input.topic.name} is no input of alerting-router`
    throw new FleetError('UNDECLARED_INPUT', 'fatal', message)
  }
  return domain
}
