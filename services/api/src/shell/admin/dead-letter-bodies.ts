// What the admin API takes to replay and discard letters.

import { stageNames } from '@fleet/contracts'
import type { LetterFilter, Patch, ReplayRequest } from '@fleet/dlq'
import { parseTime } from '@fleet/sources'
import type { BodyReader } from './body.ts'

const rateDefault = 100
const rateMax = 10_000
const idsMax = 1000

/** Everything at once has to be said: `all`. */
export function readFilterBody(body: BodyReader): LetterFilter {
  const stages = body.texts('stages')
  const names: readonly string[] = stageNames
  if (stages?.some(stage => !names.includes(stage)) === true) {
    body.problems.push(`stages: one of ${names.join(', ')}`)
  }
  const ids = body.texts('ids')
  if (ids !== null && (ids.length > idsMax || ids.some(id => !/^[0-9a-f]{32}$/.test(id)))) {
    body.problems.push(`ids: at most ${idsMax}, each 32 hexadecimal digits`)
  }
  const filter = {
    stages,
    ids,
    codes: body.texts('codes'),
    tenant: body.textOrNull('tenant_id'),
    types: body.texts('types'),
    from: time(body, 'from'),
    to: time(body, 'to'),
  }
  const isAll = body.truth('all')
  const isEverything = Object.values(filter).every(value => value === null)
  if (isEverything && !isAll) body.problems.push('name letters, or say all')
  return filter
}

function time(body: BodyReader, name: string): number | null {
  const text = body.textOrNull(name)
  if (text === null) return null
  const micros = parseTime(text)
  if (micros === null) body.problems.push(`${name}: must be a time, RFC 3339`)
  return micros
}

export function readReplay(
  body: BodyReader,
  filter: LetterFilter,
  by: string,
): { request: ReplayRequest; isDryRun: boolean } {
  const ratePerSecond = body.wholeNumber('rate_per_second', rateDefault)
  if (ratePerSecond < 1 || ratePerSecond > rateMax) {
    body.problems.push(`rate_per_second: from 1 to ${rateMax}`)
  }
  const patch = readPatch(body)
  if (patch !== null && filter.ids?.length !== 1) {
    body.problems.push('a patch is for one letter, named by its id')
  }
  const request = {
    filter,
    by,
    reason: body.textOrNull('reason'),
    ratePerSecond,
    includeDiscarded: body.truth('include_discarded'),
    again: body.truth('again'),
    patch,
  }
  return { request, isDryRun: body.truth('dry_run') }
}

function readPatch(body: BodyReader): Patch | null {
  const base64 = body.textOrNull('body_base64')
  const hasPatch = body.has('merge_patch')
  if (base64 !== null && hasPatch) {
    body.problems.push('merge_patch or body_base64, not both')
    return null
  }
  if (hasPatch) return { kind: 'merge-patch', document: body.object('merge_patch') }
  if (base64 === null) return null
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    body.problems.push('body_base64: must be base64')
  }
  return { kind: 'body', base64 }
}
