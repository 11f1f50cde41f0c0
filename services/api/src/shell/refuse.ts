// A refusal as an answer.

import type { Response } from 'express'
import { problem } from '../core/problem.ts'
import type { ProblemCode } from '../core/problem.ts'

export function refuse(
  response: Response,
  code: ProblemCode,
  detail: string,
  problems: readonly string[] = [],
): void {
  const document = problem(code, detail, problems)
  response.status(document.status).type('application/problem+json').send(JSON.stringify(document))
}
