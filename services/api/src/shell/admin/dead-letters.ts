// /v1/admin/dead-letters: find, replay, discard. A key of a tenant reaches that tenant's letters alone.

import type {
  FoundLetter,
  LetterFilter,
  LetterStatus,
  ReplayRequest,
  ReplayStarted,
} from '@fleet/dlq'
import { letterStatuses, readPlace } from '@fleet/dlq'
import { stageNames } from '@fleet/contracts'
import { codeOf, messageOf } from '@fleet/runtime'
import { parseTime } from '@fleet/sources'
import { actorPrefix } from '../dead-letters/desk.ts'
import type { DeadLetterDesk } from '../dead-letters/desk.ts'
import { openReplaysMax } from '../dead-letters/replay-queue.ts'
import { progressShown, replayShown, shownLetter, wholeLetter } from '../dead-letters/shown.ts'
import { invalid, notFound } from './answers.ts'
import { BodyReader } from './body.ts'
import { readFilterBody, readReplay } from './dead-letter-bodies.ts'
import { limitOf } from './listing.ts'
import type { Answer, Call, Operation } from './operation.ts'

type Refused = Extract<Answer, { readonly problem: unknown }>

const path = '/v1/admin/dead-letters'
const scope = 'dlq:replay'
const away: Answer = {
  problem: 'unavailable',
  detail: 'Dead letters can’t be read yet. Try again.',
}

/** Null: the key does not reach the tenant that is asked for. */
function tenantOf({ actor }: Call, asked: string | null): { tenant: string | null } | null {
  if (actor.tenant_id === null) return { tenant: asked }
  return asked === null || asked === actor.tenant_id ? { tenant: actor.tenant_id } : null
}

function filterOfQuery(call: Call): LetterFilter | Answer {
  const { stage, code, tenant = null, type, from, to } = call.query
  const names: readonly string[] = stageNames
  const problems = [
    ...(stage !== undefined && !names.includes(stage) ? [`stage: one of ${names.join(', ')}`] : []),
    ...(from !== undefined && parseTime(from) === null ? ['from: must be a time, RFC 3339'] : []),
    ...(to !== undefined && parseTime(to) === null ? ['to: must be a time, RFC 3339'] : []),
  ]
  if (problems.length > 0) return { problem: 'malformed_request', detail: problems.join('; ') }
  const reached = tenantOf(call, tenant)
  if (reached === null) return { problem: 'forbidden', detail: 'The key is of another tenant.' }
  return {
    stages: stage === undefined ? null : [stage],
    ids: null,
    codes: code === undefined ? null : [code],
    tenant: reached.tenant,
    types: type === undefined ? null : [type],
    from: from === undefined ? null : parseTime(from),
    to: to === undefined ? null : parseTime(to),
  }
}

/** The letters of a request's body, as far as the key reaches; or what is wrong. */
function filterOfBody(call: Call, body: BodyReader): LetterFilter | Answer {
  const filter = readFilterBody(body)
  if (body.problems.length > 0) return invalid(body.problems)
  const reached = tenantOf(call, filter.tenant)
  if (reached === null) return { problem: 'forbidden', detail: 'The key is of another tenant.' }
  return { ...filter, tenant: reached.tenant }
}

function isAnswer(value: LetterFilter | Answer): value is Answer {
  return 'problem' in value || 'status' in value
}

function statusOf(text: string | undefined): LetterStatus | null | undefined {
  if (text === undefined) return 'open'
  if (text === 'any') return null
  return letterStatuses.find(status => status === text)
}

const badStatus: Answer = {
  problem: 'malformed_request',
  detail: `The query parameter status must be any, ${letterStatuses.join(', ')}.`,
}

const by = ({ actor }: Call): string => `${actorPrefix}${actor.id}`

async function list(call: Call): Promise<Answer> {
  const desk = call.deadLetters
  if (desk === null) return away
  const limit = limitOf(call.query)
  if (typeof limit !== 'number') return limit
  const filter = filterOfQuery(call)
  if (isAnswer(filter)) return filter
  const status = statusOf(call.query['status'])
  if (status === undefined) return badStatus
  const { after: place } = call.query
  const after = place === undefined ? null : readPlace(place)
  if (place !== undefined && after === null) {
    const detail = 'The query parameter after must be the next of a page before.'
    return { problem: 'malformed_request', detail }
  }
  const { items, next } = await desk.list({ filter, status, limit, after })
  return { status: 200, body: { items: items.map(shownLetter), next } }
}

/** A letter as `one` shows it, but of its acts the last alone: all of them would have to be kept. */
function exported(call: Call): Answer {
  const desk = call.deadLetters
  if (desk === null) return away
  const filter = filterOfQuery(call)
  if (isAnswer(filter)) return filter
  const status = statusOf(call.query['status'])
  if (status === undefined) return badStatus
  const found = desk.export(filter, status)
  if (found === null) {
    return { problem: 'rate_limited', detail: 'Too many exports are under way. Try again.' }
  }
  return { status: 200, lines: wholeLetters(found) }
}

async function* wholeLetters(letters: AsyncGenerator<FoundLetter>): AsyncGenerator<object> {
  for await (const found of letters) {
    yield wholeLetter(found, found.act === null ? [] : [found.act])
  }
}

async function one(call: Call): Promise<Answer> {
  const desk = call.deadLetters
  if (desk === null) return away
  const found = await desk.find({
    stages: null,
    ids: [call.parameters['id'] ?? ''],
    codes: null,
    tenant: call.actor.tenant_id,
    types: null,
    from: null,
    to: null,
  })
  return found === null ? notFound : { status: 200, body: wholeLetter(found.found, found.acts) }
}

async function replay(call: Call): Promise<Answer> {
  const body = new BodyReader(call.body, 'ReplayInput')
  const filter = filterOfBody(call, body)
  if (isAnswer(filter)) return filter
  const { request, isDryRun } = readReplay(body, filter, by(call))
  if (body.problems.length > 0) return invalid(body.problems)
  const desk = call.deadLetters
  if (desk === null) return away
  if (isDryRun) return { status: 202, body: progressShown(await desk.plan(request)) }
  const started = await startedOf(desk, request)
  if (started !== null && 'problem' in started) return started
  if (started === null) {
    const whose = filter.tenant === null ? 'over all tenants' : 'of this tenant'
    const detail = `${openReplaysMax} replays ${whose} are open, the most there may be.`
    return { problem: 'conflict', detail }
  }
  const nothingYet = { matched: null, sent: 0, refused: null, errorCode: null } as const
  return { status: 202, body: replayShown({ started, state: 'queued', ...nothingYet }) }
}

async function startedOf(
  desk: DeadLetterDesk,
  request: ReplayRequest,
): Promise<ReplayStarted | Refused | null> {
  try {
    return await desk.start(request)
  } catch (error) {
    if (codeOf(error) !== 'REPLAY_OVERLAPS') throw error
    return { problem: 'conflict', detail: messageOf(error) }
  }
}

async function showReplay(call: Call): Promise<Answer> {
  const desk = call.deadLetters
  if (desk === null) return away
  const report = await desk.replay(call.parameters['replay_id'] ?? '')
  const own = call.actor.tenant_id
  if (report === null || (own !== null && report.started.filter.tenant !== own)) return notFound
  return { status: 200, body: replayShown(report) }
}

async function discard(call: Call): Promise<Answer> {
  const body = new BodyReader(call.body, 'DiscardInput')
  const reason = body.text('reason').trim()
  if (reason === '') body.problems.push('reason: must say why')
  const dryRun = body.truth('dry_run')
  const filter = filterOfBody(call, body)
  if (isAnswer(filter)) return filter
  const desk = call.deadLetters
  if (desk === null) return away
  const report = await desk.discard({ filter, by: by(call), reason, dryRun })
  return { status: 200, body: { dry_run: dryRun, ...report } }
}

export const deadLetterOperations: readonly Operation[] = [
  {
    method: 'get',
    path,
    operationId: 'listDeadLetters',
    summary:
      'The newest failure of every letter, by stage, partition and offset; open ones by default',
    scope,
    query: ['stage', 'code', 'tenant', 'type', 'from', 'to', 'status', 'limit', 'after'],
    response: { status: 200, schema: 'DeadLetterList' },
    run: list,
  },
  {
    method: 'get',
    path: '/v1/admin/dead-letter-export',
    operationId: 'exportDeadLetters',
    summary: 'Letters whole, one JSON object a line; open ones by default',
    scope,
    query: ['stage', 'code', 'tenant', 'type', 'from', 'to', 'status'],
    response: { status: 200, schema: 'WholeDeadLetter', isLines: true },
    run: exported,
  },
  {
    method: 'get',
    path: `${path}/{id}`,
    operationId: 'getDeadLetter',
    summary: 'One letter whole, and what was done about it',
    scope,
    response: { status: 200, schema: 'WholeDeadLetter' },
    run: one,
  },
  {
    method: 'post',
    path: '/v1/admin/dead-letter-replays',
    operationId: 'replayDeadLetters',
    summary: 'Send open letters back to the stage that failed; goes on after a restart',
    scope,
    request: 'ReplayInput',
    response: { status: 202, schema: 'Replay' },
    run: replay,
  },
  {
    method: 'get',
    path: '/v1/admin/dead-letter-replays/{replay_id}',
    operationId: 'getDeadLetterReplay',
    summary: 'How far a replay is',
    scope,
    response: { status: 200, schema: 'Replay' },
    run: showReplay,
  },
  {
    method: 'post',
    path: '/v1/admin/dead-letter-discards',
    operationId: 'discardDeadLetters',
    summary: 'Set open letters aside with a reason; nothing is deleted',
    scope,
    request: 'DiscardInput',
    response: { status: 200, schema: 'Discarded' },
    run: discard,
  },
]
