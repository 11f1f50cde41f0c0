// The charts file, read strictly: every problem at once, each with where it stands, so that nobody meets
// them one start after the other. What is not understood is refused, never ignored: a misspelt rule would
// book money elsewhere.

import { accountTypes } from './chart.ts'
import type { AccountType, Chart, Charts, Posting, PostingRule } from './chart.ts'
import { ledgerDomains } from './ledger-event.ts'

export type ChartsReading = { ok: true; charts: Charts } | { ok: false; problems: string[] }

const codePattern = /^[a-z0-9_]+(?::[a-z0-9_]+)*$/
const versionPattern = /^[A-Za-z0-9._-]{1,64}$/
const categoryPattern = /^[a-z0-9_]{1,64}$/

/** They say that money may move or did not: booking them would book money that nobody has. */
const neverBooked: ReadonlySet<string> = new Set([
  'billing.payment_pre_authorized',
  'billing.charge_failed',
])

export function parseCharts(text: string, digestOf: (text: string) => string): ChartsReading {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { ok: false, problems: ['it is not JSON'] }
  }
  const reader = new Reader()
  const charts = reader.charts(json, digestOf)
  return reader.problems.length === 0
    ? { ok: true, charts }
    : { ok: false, problems: reader.problems }
}

type Fields = Readonly<Record<string, unknown>>

class Reader {
  readonly problems: string[] = []

  charts(json: unknown, digestOf: (text: string) => string): Charts {
    const file = this.#object(json, 'the file', ['format', 'initial_version', 'charts'])
    if (file['format'] !== 1) this.#complain('format', 'must be 1')
    const byVersion = new Map<string, Chart>()
    for (const [index, one] of this.#list(file['charts'], 'charts').entries()) {
      const chart = this.#chart(one, `charts[${index}]`, digestOf)
      if (byVersion.has(chart.version)) {
        this.#complain(`charts[${index}].version`, `"${chart.version}" is there twice`)
      }
      byVersion.set(chart.version, chart)
    }
    const initialVersion = String(file['initial_version'])
    if (!byVersion.has(initialVersion)) {
      const known = [...byVersion.keys()].join(', ')
      this.#complain('initial_version', `must be the version of one of the charts (${known})`)
    }
    return { initialVersion, byVersion }
  }

  #chart(json: unknown, at: string, digestOf: (text: string) => string): Chart {
    const fields = this.#object(json, at, ['version', 'accounts', 'rules'])
    const version = this.#text(fields['version'], `${at}.version`, versionPattern)
    const accounts = new Map<string, AccountType>()
    for (const [index, one] of this.#list(fields['accounts'], `${at}.accounts`).entries()) {
      this.#account(one, `${at}.accounts[${index}]`, accounts)
    }
    const rules = new Map<string, PostingRule>()
    for (const [index, one] of this.#list(fields['rules'], `${at}.rules`).entries()) {
      this.#rule(one, `${at}.rules[${index}]`, accounts, rules)
    }
    return { version, accounts, rules, digest: digestOf(JSON.stringify(json)) }
  }

  #account(json: unknown, at: string, accounts: Map<string, AccountType>): void {
    const fields = this.#object(json, at, ['code', 'type', 'title'])
    const code = this.#text(fields['code'], `${at}.code`, codePattern)
    const type = this.#choice(fields['type'], `${at}.type`, accountTypes)
    this.#text(fields['title'], `${at}.title`, /^.{1,200}$/)
    if (accounts.has(code)) this.#complain(`${at}.code`, `"${code}" is there twice`)
    accounts.set(code, type)
  }

  #rule(
    json: unknown,
    at: string,
    accounts: ReadonlyMap<string, AccountType>,
    rules: Map<string, PostingRule>,
  ): void {
    const names = ['event_type', 'category', 'without_amount', 'negative', 'postings']
    const fields = this.#object(json, at, names, ['category_if_missing'])
    const eventType = this.#eventType(fields['event_type'], `${at}.event_type`)
    if (rules.has(eventType))
      this.#complain(`${at}.event_type`, `"${eventType}" has a rule already`)
    const category = this.#choice(fields['category'], `${at}.category`, ['of_event', 'fixed'])
    const postings = new Map<string, Posting>()
    const list = this.#list(fields['postings'], `${at}.postings`)
    for (const [index, one] of list.entries()) {
      this.#posting(one, `${at}.postings[${index}]`, accounts, postings)
    }
    const isFixed = category === 'fixed'
    if (isFixed && list.length !== 1) {
      this.#complain(`${at}.postings`, 'a fixed category has exactly one posting')
    }
    if (category === 'of_event' && !eventType.startsWith('billing.')) {
      this.#complain(`${at}.category`, 'only billing events say a category')
    }
    rules.set(eventType, {
      category,
      categoryIfMissing: this.#categoryIfMissing(fields, at, isFixed, postings),
      withoutAmount: this.#choice(fields['without_amount'], `${at}.without_amount`, [
        'await',
        'ignore',
      ]),
      negative: this.#choice(fields['negative'], `${at}.negative`, ['swap_sides', 'refuse']),
      postings,
    })
  }

  #eventType(json: unknown, at: string): string {
    const eventType = this.#text(json, at, /^[a-z_]+\.[a-z0-9_]+$/)
    if (!ledgerDomains.some(domain => eventType.startsWith(`${domain}.`))) {
      this.#complain(at, `must begin with ${ledgerDomains.map(one => `${one}.`).join(', ')}`)
    }
    if (neverBooked.has(eventType)) this.#complain(at, `"${eventType}" moves no money`)
    return eventType
  }

  #categoryIfMissing(
    fields: Fields,
    at: string,
    isFixed: boolean,
    postings: ReadonlyMap<string, Posting>,
  ): string | null {
    const given = fields['category_if_missing'] ?? null
    const where = `${at}.category_if_missing`
    if (given === null) return null
    if (isFixed) this.#complain(where, 'is for the category "of_event"')
    else if (typeof given !== 'string' || !postings.has(given)) {
      this.#complain(where, 'must be the category of one of the postings')
    }
    return typeof given === 'string' ? given : null
  }

  #posting(
    json: unknown,
    at: string,
    accounts: ReadonlyMap<string, AccountType>,
    postings: Map<string, Posting>,
  ): void {
    const fields = this.#object(json, at, ['category', 'debit', 'credit'])
    const category = this.#text(fields['category'], `${at}.category`, categoryPattern)
    const debit = this.#text(fields['debit'], `${at}.debit`, codePattern)
    const credit = this.#text(fields['credit'], `${at}.credit`, codePattern)
    for (const [side, account] of Object.entries({ debit, credit })) {
      if (accounts.has(account)) continue
      this.#complain(`${at}.${side}`, `"${account}" is no account of this chart`)
    }
    if (debit === credit) this.#complain(at, 'debits and credits the same account')
    if (postings.has(category)) this.#complain(`${at}.category`, `"${category}" is there twice`)
    postings.set(category, { category, debit, credit })
  }

  #object(json: unknown, at: string, needed: string[], optional: string[] = []): Fields {
    if (json === null || typeof json !== 'object' || Array.isArray(json)) {
      this.#complain(at, 'must be an object')
      return {}
    }
    for (const name of needed) if (!Object.hasOwn(json, name)) this.#complain(at, `lacks ${name}`)
    for (const name of Object.keys(json)) {
      if (!needed.includes(name) && !optional.includes(name)) {
        this.#complain(at, `has "${name}", which nothing reads`)
      }
    }
    return json as Fields
  }

  #list(json: unknown, at: string): readonly unknown[] {
    if (Array.isArray(json) && json.length > 0) return json as unknown[]
    if (json !== undefined) this.#complain(at, 'must be a list that is not empty')
    return []
  }

  #text(json: unknown, at: string, pattern: RegExp): string {
    if (typeof json === 'string' && pattern.test(json)) return json
    if (json !== undefined) this.#complain(at, `must be a text like ${pattern.source}`)
    return ''
  }

  #choice<Choice extends string>(
    json: unknown,
    at: string,
    choices: readonly [Choice, ...Choice[]],
  ): Choice {
    const found = choices.find(choice => choice === json)
    if (found === undefined && json !== undefined) {
      this.#complain(at, `must be one of ${choices.join(', ')}`)
    }
    return found ?? choices[0]
  }

  #complain(at: string, what: string): void {
    this.problems.push(`${at}: ${what}`)
  }
}
