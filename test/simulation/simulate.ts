// One plan from start to verdict.

import { judge } from './judges/judge.ts'
import type { Outcome } from './judges/judge.ts'
import type { Plan } from './plan/plan.ts'
import { runPlan } from './world/world.ts'

export async function simulate(plan: Plan): Promise<Outcome> {
  return judge(plan, await runPlan(plan))
}
