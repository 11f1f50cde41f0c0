// What every answer of the API must be, whatever was asked.

import type { Operation } from './document.ts'
import { canary } from './inputs.ts'
import type { Input } from './inputs.ts'
import { violations } from './json-schema.ts'
import type { Json, JsonObject, Schemas } from './json-schema.ts'
import type { Answer, ApiTarget } from './target.ts'

/** Anyone may be answered them anywhere: by the router, or before there is a route. */
const alwaysPossible = [400, 404, 405]
/** Whose keys these are; `other` is the admin of beta. */
const tenantOf: Readonly<Record<string, string>> = {
  admin: 'acme',
  writer: 'acme',
  reader: 'acme',
  sender: 'acme',
  other: 'beta',
}

/** What is wrong with the answer; none: it is right. */
export function judged(input: Input, answer: Answer, target: ApiTarget): string[] {
  const { operation, who } = input
  const { schemas } = target.document.components
  const { status } = answer
  const problems: string[] = []
  // Nothing is away here: a 503 would be a fault told as somebody else's.
  if (status >= 500) problems.push(`status ${status}`)
  const isKnown = operation.answers.has(status) || alwaysPossible.includes(status)
  if (!isKnown) problems.push(`status ${status} is not documented`)
  // Readiness says no with a document of its own.
  const isRefusal =
    status >= 400 && operation.answers.get(status)?.contentType !== 'application/json'
  problems.push(...(isRefusal ? refusal(answer, schemas) : success(operation, answer, schemas)))
  problems.push(...leaks(operation, answer, target))
  if (status < 300) {
    if (operation.needsKey && (who === 'none' || who === 'wrong'))
      problems.push('let in without a key')
    problems.push(...taken(input, schemas), ...foreign(answer, tenantOf[who]))
  }
  return problems
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function linesOf(text: string): (Json | undefined)[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => parsed(line))
}

function refusal({ contentType, text, status, headers }: Answer, schemas: Schemas): string[] {
  if (contentType !== 'application/problem+json') return [`a refusal as ${contentType}`]
  const body = parsed(text)
  if (body === undefined) return ['a refusal that is no JSON']
  const problems = violations({ $ref: '#/components/schemas/Problem' }, body, schemas)
  const { status: said, code } = body as JsonObject
  if (said !== status) problems.push('it says another status than it has')
  if (code === 'unauthorized' && headers['www-authenticate'] !== 'Bearer') {
    problems.push('401 without WWW-Authenticate')
  }
  if ([429, 503].includes(status) && headers['retry-after'] === undefined) {
    problems.push('no Retry-After')
  }
  return problems
}

function success(operation: Operation, answer: Answer, schemas: Schemas): string[] {
  const content = operation.answers.get(answer.status)
  if (content === undefined) return []
  if (content === null) return answer.text === '' ? [] : ['content where none is documented']
  if (answer.contentType !== content.contentType) return [`content of type ${answer.contentType}`]
  if (content.contentType === 'application/x-ndjson') {
    return linesOf(answer.text).flatMap(line => {
      return line === undefined
        ? ['a line that is no JSON']
        : violations(content.schema, line, schemas)
    })
  }
  if (content.contentType !== 'application/json') return []
  const body = parsed(answer.text)
  if (body === undefined) return ['no JSON']
  return violations(content.schema, body, schemas)
}

const makesKeys = new Set(['createApiKey', 'rotateApiKey'])

function leaks(operation: Operation, { text, headers }: Answer, { keys }: ApiTarget): string[] {
  const problems: string[] = []
  const all = text + JSON.stringify(headers)
  if (all.includes(canary)) problems.push('it shows a secret')
  if (!makesKeys.has(operation.id) && /flk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}/.test(all)) {
    problems.push('it shows an API key')
  }
  if (Object.values(keys).some(key => key !== null && all.includes(key))) {
    problems.push('it shows the key of a caller')
  }
  if (/node_modules|\bat .+\.(ts|js):\d+/.test(text)) problems.push('it shows a stack')
  if (headers['x-powered-by'] !== undefined) problems.push('it names its framework')
  return problems
}

/** What breaks the schema of the request must never be done. */
function taken({ operation, body }: Input, schemas: Schemas): string[] {
  if (operation.body === null || body === null) return []
  // The last of two members of one name counts, as in JSON.parse.
  const value = parsed(body.replace(/^\uFEFF/, ''))
  if (value === undefined) return ['it took a body that is no JSON']
  return violations(operation.body, value, schemas).map(text => `it took a body with ${text}`)
}

/** Nothing of another tenant is in what is shown to a key of a tenant. */
function foreign({ contentType, text }: Answer, tenant: string | undefined): string[] {
  if (tenant === undefined) return []
  const seen = new Set<string>()
  const shown = contentType === 'application/x-ndjson' ? linesOf(text) : [parsed(text)]
  for (const each of shown) collect(each ?? null, seen)
  seen.delete(tenant)
  return [...seen].map(other => `it shows something of ${other}`)
}

function collect(value: Json, seen: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (name === 'tenant_id' && typeof member === 'string') seen.add(member)
    // What a tenant writes into a definition is its own.
    else if (name !== 'definition') collect(member as Json, seen)
  }
}
