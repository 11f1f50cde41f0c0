// Reads a taxonomy file: everything that is wrong with it at once, each with its place.

import { knownActionOf } from './known-types.ts'
import { categoryDomains, fold } from './taxonomy.ts'
import type { CategoryDomain, Taxonomy, Words } from './taxonomy.ts'

export type TaxonomyReading =
  { ok: true; taxonomy: Taxonomy } | { ok: false; problems: readonly string[] }

type Json = Readonly<Record<string, unknown>>

const settings = ['version', 'severity', 'category', 'implied']

export function parseTaxonomy(text: string): TaxonomyReading {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { ok: false, problems: ['is not JSON'] }
  }
  if (!isObject(json)) return { ok: false, problems: ['must be an object'] }
  const problems: string[] = []
  for (const name of Object.keys(json)) {
    if (!settings.includes(name)) problems.push(`${name} is no setting of a taxonomy`)
  }
  const version = json['version']
  if (typeof version !== 'string' || !/^[\w.-]{1,32}$/.test(version)) {
    problems.push('version must be 1 to 32 letters, digits, dots or hyphens')
  }
  const category = categoriesOf(json['category'], problems)
  const taxonomy: Taxonomy = {
    version: String(version),
    severity: wordsOf('severity', json['severity'], problems),
    category,
    implied: impliedOf(json['implied'], category, problems),
  }
  return problems.length === 0 ? { ok: true, taxonomy } : { ok: false, problems }
}

function categoriesOf(given: unknown, problems: string[]): Record<CategoryDomain, Words> {
  const none = (): Words => new Map()
  const out = { reservation: none(), rental_session: none(), incident: none(), violation: none() }
  if (!isObject(given)) {
    problems.push('category must be an object')
    return out
  }
  for (const name of Object.keys(given)) {
    if (categoryDomains.some(domain => domain === name)) continue
    problems.push(`category.${name} is not one of ${categoryDomains.join(', ')}`)
  }
  for (const domain of categoryDomains) {
    if (given[domain] === undefined) problems.push(`category.${domain} is missing`)
    else out[domain] = wordsOf(`category.${domain}`, given[domain], problems)
  }
  return out
}

/** Every word once: one that would mean two things means nothing. */
function wordsOf(place: string, given: unknown, problems: string[]): Words {
  const words = new Map<string, string>()
  if (!isObject(given)) {
    problems.push(`${place} must be an object of our words, each with a list of sources' words`)
    return words
  }
  for (const ours of Object.keys(given)) {
    if (ours !== fold(ours) || ours === '') {
      problems.push(`${place}.${ours} must be lower_snake_case`)
    } else words.set(ours, ours)
  }
  for (const [ours, synonyms] of Object.entries(given)) {
    if (!Array.isArray(synonyms)) {
      problems.push(`${place}.${ours} must be a list of words`)
      continue
    }
    for (const [position, word] of synonyms.entries()) {
      const at = `${place}.${ours}[${position}]`
      const folded = typeof word === 'string' ? fold(word) : ''
      if (folded === '') problems.push(`${at} must be a word`)
      else if (words.has(folded)) {
        problems.push(`${at} (${folded}) is already ${words.get(folded)}`)
      } else words.set(folded, ours)
    }
  }
  return words
}

function impliedOf(
  given: unknown,
  category: Record<CategoryDomain, Words>,
  problems: string[],
): ReadonlyMap<string, string> {
  const implied = new Map<string, string>()
  if (given === undefined) return implied
  if (!isObject(given)) {
    problems.push('implied must be an object of event types, each with a category')
    return implied
  }
  for (const [type, value] of Object.entries(given)) {
    const domain = categoryDomains.find(name => type.startsWith(`${name}.`))
    if (domain === undefined || knownActionOf(domain, type) === null) {
      problems.push(`implied.${type} is not an event type of ${categoryDomains.join(', ')}`)
    } else if (typeof value !== 'string' || category[domain].get(value) !== value) {
      problems.push(`implied.${type} must be a category of ${domain}`)
    } else implied.set(type, value)
  }
  return implied
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
