// Decisions of the control plane as answers.

import type { Command, Decision, RefusalCode } from '@fleet/control'
import { codeOf } from '@fleet/runtime'
import type { ProblemCode } from '../../core/problem.ts'
import type { Answer, Call } from './operation.ts'

const codes: Record<RefusalCode, ProblemCode> = {
  forbidden: 'forbidden',
  not_found: 'not_found',
  precondition_required: 'precondition_required',
  precondition_failed: 'precondition_failed',
  invalid: 'invalid',
  conflict: 'conflict',
}

/** Runs the command; answered with this status when it was done. */
export async function change(call: Call, command: Command, status: number): Promise<Answer> {
  try {
    const decision = await call.plane.change(command, call.precondition, call.actor)
    return answerOf(decision, status)
  } catch (error) {
    if (codeOf(error) === 'CONTROL_CHANGE_TOO_LARGE') {
      return invalid(['it does not fit into one transaction: send it in parts'])
    }
    throw error
  }
}

function answerOf(decision: Decision, status: number): Answer {
  if (!decision.ok) {
    const { code, problems } = decision.refusal
    const [first = 'It was refused.'] = problems
    const more = code === 'invalid' ? { problems } : {}
    return { problem: codes[code], detail: code === 'invalid' ? 'See problems.' : first, ...more }
  }
  const { shown } = decision.outcome
  const { revision } = shown
  const etag = typeof revision === 'number' ? { revision } : {}
  return { status, body: status === 204 ? null : shown, ...etag }
}

export function invalid(problems: readonly string[]): Answer {
  return { problem: 'invalid', detail: 'See problems.', problems }
}

export const notFound: Answer = { problem: 'not_found', detail: 'There is no such resource.' }
