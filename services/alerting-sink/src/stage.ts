// Alerting as two declarations. The router reads every event topic and writes signals by tenant,
// and ticks; the sink reads only those signals, so replaying them gives the same alerts.

import { domains, microsPerMilli, partitionOf, topics } from '@fleet/contracts'
import type { AlertSignal, Domain } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { KeyedState } from '@fleet/stage'
import type {
  Decision,
  Emit,
  Input,
  KeyedChange,
  StageDeclaration,
  TickContext,
} from '@fleet/stage'

import { AlertingState } from './alerting-state.ts'
import { withBelievedTime } from './core/believed-time.ts'
import { detect } from './core/detect.ts'
import type { DetectorSettings } from './core/detector-settings.ts'
import { hear, reportHeard } from './core/hear-sources.ts'
import type { RouterFact } from './core/hear-sources.ts'
import type { Change } from './core/memory.ts'
import { toAlertSignal, toTickSignal } from './core/to-alert-signal.ts'
import type { RoutedEvent } from './core/to-alert-signal.ts'

type RouterState = KeyedState<RouterFact>
type RouterChange = KeyedChange<RouterFact>

/** `tickMs`: how often detectors look; an alert is late by at most this and the lag. */
export function alertingRouter(options: {
  tickMs: number
}): StageDeclaration<RouterState, RouterChange> {
  return {
    name: 'alerting-router',
    inputs: domains.map(domain => topics.events[domain]),
    outputs: [topics.alertSignals],
    createState: () => new KeyedState<RouterFact>(),
    decide: route,
    tickMs: options.tickMs,
    tick: writeTick,
  }
}

export function alertingSink(options: {
  detectors: DetectorSettings
}): StageDeclaration<AlertingState, Change> {
  return {
    name: 'alerting-sink',
    inputs: [topics.alertSignals],
    outputs: [topics.alerting],
    createState: () => new AlertingState(),
    decide: (state, input) => decideSignal(state, input, options.detectors),
  }
}

function route(state: RouterState, input: Input): Decision<RouterChange> {
  const { topic, partition, offset } = input.record
  const event = input.value as RoutedEvent
  const signal = toAlertSignal(domainOf(input), event, { topic, partition, offset })
  return {
    verdict: 'published',
    changes: hear(state, event),
    emit: signal === null ? [] : [toTenant(signal, input.partitionCount)],
  }
}

function toTenant(signal: AlertSignal, partitionCount: number): Emit {
  const key = signal.tenant_id
  return {
    topic: topics.alertSignals,
    key,
    value: signal,
    partition: partitionOf(key, partitionCount),
  }
}

/** Each task ticks its own partition of the signals, so every partition gets every tick once. */
function writeTick(state: RouterState, context: TickContext): Decision<RouterChange> {
  const { partition, partitionCount, tickAtMicros } = context
  const tick = {
    topic: topics.alertSignals,
    key: `tick/${partition}`,
    value: toTickSignal(tickAtMicros),
    partition,
  }
  const { signals, changes } = reportHeard(state, tickAtMicros)
  const emit = [...signals.map(signal => toTenant(signal, partitionCount)), tick]
  return { verdict: 'published', changes, emit }
}

function decideSignal(
  state: AlertingState,
  input: Input,
  settings: DetectorSettings,
): Decision<Change> {
  const appendedAtMicros = input.record.timestampMs * microsPerMilli
  const signal = withBelievedTime(input.value as AlertSignal, appendedAtMicros)
  const { alerts, changes } = detect(state, signal, settings)
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
