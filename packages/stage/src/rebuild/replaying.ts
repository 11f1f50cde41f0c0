// A stage's declaration for deciding again what it has decided before: what failed then fails now, what did
// not must not, and only ticks that wrote something then write something.

import { FleetError, messageOf } from '@fleet/runtime'

import type { Decision, Input, StageDeclaration, TaskState } from '../declaration.ts'
import type { FailuresThen } from './failures-then.ts'
import { impossible } from './standpoint.ts'

export const failedThen = { code: 'FAILED_THEN', message: 'It was dead-lettered then' }

export function replaying<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  failures: FailuresThen,
  ticks: ReadonlyMap<number, number> | null,
): StageDeclaration<State, Change> {
  const { tick } = declaration
  const decide = (state: State, input: Input): Decision<Change> => {
    const attempt = (input.redriven?.attempt ?? 0) + 1
    if (failures.has(input.record, attempt)) {
      return { verdict: 'dead_letter', refusal: failedThen, changes: [], emit: [] }
    }
    const decision = decided(declaration, state, input)
    if (decision.verdict === 'dead_letter') throw refusedNow(input, decision.refusal?.code ?? '')
    return decision
  }
  if (tick === undefined) return { ...declaration, decide }
  return {
    ...declaration,
    decide,
    tick: (state, context) => {
      const decision = tick(state, context)
      const hadEffect = ticks === null || ticks.has(context.tickAtMicros / 1000)
      if (hadEffect || decision.emit.length === 0) return decision
      return { verdict: 'published', changes: [], emit: [] }
    },
  }
}

function decided<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  state: State,
  input: Input,
): Decision<Change> {
  try {
    return declaration.decide(state, input)
  } catch (error) {
    if (error instanceof FleetError && error.fate !== 'poison') throw error
    throw refusedNow(input, messageOf(error))
  }
}

function refusedNow({ record }: Input, reason: string): FleetError {
  const { topic, partition, offset } = record
  const message =
    `${topic}-${partition}@${offset} was processed then and is refused now (${reason}): ` +
    'was a setting of the stage changed since?'
  return impossible(message)
}
