// Runs the order of checks over one delivery, and answers for the limits it asks for.

import { accept } from '../core/accept.ts'
import type { Acceptance, Limit } from '../core/accept.ts'
import type { Taken } from '../core/token-bucket.ts'
import { JudgedFacts, takeToken } from './delivery.ts'
import type { Delivery, JudgingTools } from './delivery.ts'

/** A promise only where a limit is counted elsewhere: a turn of waiting for nothing is not free. */
export function acceptDelivery(
  delivery: Delivery,
  body: Buffer,
  tools: JudgingTools,
): Acceptance | Promise<Acceptance> {
  const steps = accept(new JudgedFacts(delivery, body, tools))
  let step = steps.next()
  while (step.done !== true) {
    const taken = takeToken(step.value, delivery, tools)
    if ('then' in taken) return acceptLater(delivery, tools, steps, taken)
    step = steps.next(taken)
  }
  return step.value
}

async function acceptLater(
  delivery: Delivery,
  tools: JudgingTools,
  steps: Generator<Limit, Acceptance, Taken>,
  first: Promise<Taken>,
): Promise<Acceptance> {
  let step = steps.next(await first)
  while (step.done !== true) step = steps.next(await takeToken(step.value, delivery, tools))
  return step.value
}
