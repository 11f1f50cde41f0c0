// The fuzzer of the API: requests made from its OpenAPI document, each answer judged.

import fc from 'fast-check'
import { operationsOf } from './document.ts'
import { canary, inputOf } from './inputs.ts'
import type { Input } from './inputs.ts'
import { judged } from './judge.ts'
import type { ApiTarget } from './target.ts'

export interface Tally {
  /** By operation and status. */
  readonly seen: Map<string, Map<number, number>>
}

export function operationIds(target: ApiTarget): string[] {
  return operationsOf(target.document).map(({ id }) => id)
}

/** One input, sent and judged. */
export function apiProperty(target: ApiTarget, tally: Tally): fc.IAsyncProperty<[Input]> {
  const operations = operationsOf(target.document)
  const inputs = inputOf(operations, target.document.components.schemas, target.spareKeyIds)
  return fc.asyncProperty(inputs, async input => {
    const { operation, who, target: path, headers, body } = input
    const type = body === null ? {} : { 'content-type': 'application/json' }
    const answer = await target.sendAs(who, {
      method: operation.method,
      target: path,
      headers: { ...type, ...headers },
      body,
    })
    const statuses = tally.seen.get(operation.id) ?? new Map<number, number>()
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    tally.seen.set(operation.id, statuses)
    const problems = judged(input, answer, target)
    if (problems.length > 0) {
      throw new Error(`${operation.method} ${path} as ${who}: ${problems.join('; ')}`)
    }
  })
}

/** What must hold after all of them. */
export function leftovers(target: ApiTarget): string[] {
  const problems: string[] = []
  const said = target.lines.join('')
  if (said.includes(canary)) problems.push('a secret is in the log')
  if (/flk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}/.test(said)) problems.push('an API key is in the log')
  if (({} as { isAdmin?: unknown }).isAdmin !== undefined) problems.push('a prototype is polluted')
  const failed = target.lines.filter(line => line.includes('request.failed'))
  return [...problems, ...failed.slice(0, 3)]
}
