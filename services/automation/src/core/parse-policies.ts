// Reads the file of policies. Total: a wrong file is a list of all its problems, each with its place,
// so that whoever wrote it corrects it once.

import { microsPerDay } from '@fleet/contracts'

import { durationMicros, outcomes, timeNames } from './policies.ts'
import type { NoShowPolicy, Policies, TenantPolicy, TimeName } from './policies.ts'

type Json = Readonly<Record<string, unknown>>
type Times = Record<TimeName, readonly number[]>

export type PoliciesReading =
  { ok: true; policies: Policies } | { ok: false; problems: readonly string[] }

const versionLengthMax = 64
const stepsMax = 20
const daysMax = 365

export function parsePolicies(text: string): PoliciesReading {
  const problems: string[] = []
  const root = readJson(text)
  if (root === null) return { ok: false, problems: ['the file is not a JSON object'] }
  noOthers(root, ['version', 'defaults', 'tenants'], '', problems)
  const version = readVersion(root['version'], problems)
  const defaults = readPolicy(root['defaults'], 'defaults', null, problems)
  const tenants = new Map<string, TenantPolicy>()
  const overrides = root['tenants'] ?? {}
  if (!isObject(overrides)) problems.push('tenants must be an object of policies by tenant id')
  else {
    for (const [tenantId, override] of Object.entries(overrides)) {
      if (tenantId === '') problems.push('tenants has an empty tenant id')
      const policy = readPolicy(override, `tenants.${tenantId}`, defaults, problems)
      if (policy !== null) tenants.set(tenantId, policy)
    }
  }
  if (problems.length > 0 || defaults === null) return { ok: false, problems }
  return { ok: true, policies: { version, defaults, tenants } }
}

function readVersion(value: unknown, problems: string[]): string {
  if (typeof value === 'string' && value !== '' && value.length <= versionLengthMax) return value
  problems.push(`version must be a text of 1 to ${versionLengthMax} characters`)
  return ''
}

/** What a tenant does not say is as in the defaults; the defaults must say everything. */
function readPolicy(
  value: unknown,
  place: string,
  defaults: TenantPolicy | null,
  problems: string[],
): TenantPolicy | null {
  if (!isObject(value)) {
    problems.push(`${place} must be an object with no_show and times`)
    return null
  }
  noOthers(value, ['no_show', 'times'], place, problems)
  const noShow =
    value['no_show'] === undefined && defaults !== null
      ? defaults.noShow
      : readNoShow(value['no_show'], `${place}.no_show`, problems)
  const times = readTimes(value['times'], `${place}.times`, defaults?.times ?? null, problems)
  return noShow === null || times === null ? null : { noShow, times }
}

function readNoShow(value: unknown, place: string, problems: string[]): NoShowPolicy | null {
  const words = outcomes.join(', ')
  if (!isObject(value)) {
    problems.push(`${place} must be an object with an outcome: ${words}`)
    return null
  }
  noOthers(value, ['outcome', 'amount_minor', 'currency'], place, problems)
  const outcome = outcomes.find(word => word === value['outcome'])
  const { amount_minor: amount, currency } = value as Record<string, unknown>
  if (outcome === undefined) {
    problems.push(`${place}.outcome must be one of ${words}`)
    return null
  }
  if (outcome !== 'fee') {
    if (amount === undefined && currency === undefined) return { outcome, amount: null }
    problems.push(`${place}: an amount belongs to the outcome fee alone`)
    return null
  }
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0) {
    problems.push(`${place}.amount_minor must be a whole number of minor units above 0`)
    return null
  }
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    problems.push(`${place}.currency must be an ISO 4217 code such as EUR`)
    return null
  }
  return { outcome, amount: { amount_minor: amount, currency } }
}

function readTimes(
  value: unknown,
  place: string,
  defaults: Readonly<Times> | null,
  problems: string[],
): Times | null {
  if (value === undefined && defaults !== null) return defaults
  if (!isObject(value)) {
    problems.push(`${place} must be an object of durations by name`)
    return null
  }
  noOthers(value, timeNames, place, problems)
  const times: Partial<Times> = {}
  for (const name of timeNames) {
    const given = value[name]
    if (given === undefined && defaults !== null) times[name] = defaults[name]
    else times[name] = readTime(given, `${place}.${name}`, problems)
  }
  return times as Times
}

function readTime(value: unknown, place: string, problems: string[]): number[] {
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  if (texts.length === 0 || texts.length > stepsMax) {
    problems.push(`${place} must be one duration or a list of 1 to ${stepsMax}`)
  }
  return texts.map(text => {
    const micros = typeof text === 'string' ? durationMicros(text) : null
    if (micros !== null && micros <= daysMax * microsPerDay) return micros
    problems.push(`${place} must be a duration such as PT30M, PT24H or P3D, at most P${daysMax}D`)
    return 0
  })
}

function noOthers(value: Json, known: readonly string[], place: string, problems: string[]): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    problems.push(`${place === '' ? '' : `${place}.`}${name} is not known`)
  }
}

function readJson(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
