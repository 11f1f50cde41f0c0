// Mixed money events of some tenants, from a seed: charges of every category, refunds in part and beyond,
// adjustments, thin events and the amounts that follow, recoveries, pre-authorizations, what must be refused,
// repetitions and late arrivals. Stories of many resources are interleaved; one resource keeps its order.

import { resourceKey, topics } from '@fleet/contracts'
import type { BillingEvent, Topic } from '@fleet/contracts'

import { Chance } from '../../simulation/plan/chance.ts'

export interface LedgerInput {
  topic: Topic
  key: string
  event: BillingEvent
}

interface Plan {
  seed: number
  count: number
  /** Months that events may belong to, oldest first; the last is the current one. */
  months: readonly string[]
}

type Draft = Partial<BillingEvent> & { event_type: string }

const tenants = ['demo', 'acme/berlin', 'rent & go', 'tenant-4', 'tenant-5']
const currencies = ['EUR', 'EUR', 'EUR', 'USD', 'GBP', 'JPY', 'KWD', 'CLF']
const categories = [
  null,
  'rental_charge',
  'rental_charge',
  'surcharge',
  'fee',
  'adjustment',
  'violation_recovery',
  'claim_recovery',
]
const storiesOpenMax = 2000
/** How many events later a repetition may come. */
const echoesMax = 20_000

interface Story {
  topic: Topic
  tenant: string
  resource: { type: string; id: string }
  currency: string
  drafts: Draft[]
}

export class LedgerEvents {
  readonly #chance: Chance
  readonly #plan: Plan
  readonly #stories: Story[] = []
  readonly #echoes: LedgerInput[] = []
  #storyCount = 0
  #made = 0

  constructor(plan: Plan) {
    this.#plan = plan
    this.#chance = new Chance(plan.seed, 'ledger')
  }

  get left(): number {
    return this.#plan.count - this.#made
  }

  /** The next events, at most so many. */
  *take(count: number): IterableIterator<LedgerInput> {
    const until = Math.min(this.#plan.count, this.#made + count)
    while (this.#made < until) {
      this.#made++
      yield this.#next()
    }
  }

  #next(): LedgerInput {
    if (this.#echoes.length > 0 && this.#chance.happens(0.1)) return this.#echo()
    while (this.#stories.length < storiesOpenMax) this.#stories.push(this.#story())
    const at = this.#chance.integer(0, this.#stories.length)
    const story = this.#stories[at]
    const draft = story?.drafts.shift()
    if (story === undefined || draft === undefined) throw new Error('a story without an event')
    if (story.drafts.length === 0) {
      this.#stories[at] = this.#stories.at(-1) ?? story
      this.#stories.pop()
    }
    const input = this.#complete(story, draft)
    if (this.#chance.happens(0.12) && this.#echoes.length < echoesMax) this.#echoes.push(input)
    return input
  }

  /** An event once more, as after the window of the processor; rarely with something else in it. */
  #echo(): LedgerInput {
    const at = this.#chance.integer(0, this.#echoes.length)
    const echo = this.#echoes[at]
    if (echo === undefined) throw new Error('no echo')
    this.#echoes[at] = this.#echoes.at(-1) ?? echo
    this.#echoes.pop()
    const event: BillingEvent = { ...echo.event, disposition: 'SUPERSEDED' }
    if (event.amount !== null && this.#chance.happens(0.02)) {
      event.amount = { ...event.amount, amount_minor: event.amount.amount_minor + 1 }
    }
    return { ...echo, event }
  }

  #story(): Story {
    const number = this.#storyCount++
    const kind = this.#chance.next()
    const [type, topic, drafts] =
      kind < 0.08
        ? (['violation', topics.events.violation, this.#recognition('violation.charged')] as const)
        : kind < 0.14
          ? ([
              'incident',
              topics.events.incident,
              this.#recognition('incident.claim_resolved'),
            ] as const)
          : (['charge', topics.events.billing, this.#payment()] as const)
    const resource = { type, id: `${type}-${this.#plan.seed}-${number}` }
    return {
      topic,
      tenant: this.#chance.pick(tenants),
      resource,
      currency: this.#chance.pick(currencies),
      drafts,
    }
  }

  #recognition(eventType: string): Draft[] {
    const amount = this.#chance.happens(0.1) ? null : this.#money(this.#amount())
    return [{ event_type: eventType, amount }]
  }

  #payment(): Draft[] {
    const minor = this.#amount()
    const category = this.#chance.pick(categories)
    const charge = (more: Partial<BillingEvent> = {}): Draft => {
      return {
        event_type: 'billing.charge_succeeded',
        category,
        amount: this.#money(minor),
        ...more,
      }
    }
    const refund = (part: number): Draft => {
      return { event_type: 'billing.refund_processed', amount: this.#money(part), refund_of: 'C' }
    }
    const kind = this.#chance.next()
    if (kind < 0.25) return [charge()]
    if (kind < 0.4) return [{ ...charge(), event_type: 'billing.payment_pre_authorized' }, charge()]
    if (kind < 0.45) return [{ ...charge(), event_type: 'billing.charge_failed' }, charge()]
    if (kind < 0.6) return [charge(), refund(Math.ceil(minor / 3)), refund(Math.ceil(minor / 3))]
    if (kind < 0.64) return [charge(), refund(minor), refund(Math.ceil(minor / 2))]
    if (kind < 0.66) return [refund(minor), charge()]
    if (kind < 0.74) return [charge({ amount: null, source: 'ump' }), charge()]
    if (kind < 0.76) return [charge({ event_id: 'own', amount: null }), charge({ event_id: 'own' })]
    if (kind < 0.79) return [charge(), { ...refund(0), amount: null }, refund(minor)]
    if (kind < 0.8) return [charge({ amount: null }), refund(minor)]
    if (kind < 0.92) {
      const sign = this.#chance.happens(0.5) ? 1 : -1
      const amount = this.#money(sign * minor)
      return [charge(), { event_type: 'billing.adjustment_posted', amount }]
    }
    if (kind < 0.94) return [charge({ amount: this.#money(0) })]
    if (kind < 0.95) return [charge({ category: 'tip' })]
    if (kind < 0.96) return [charge({ amount: this.#money(-minor) })]
    if (kind < 0.97) return [charge({ amount: null, attributes: { 'data.amount': '"12,50"' } })]
    if (kind < 0.99) return [charge({ mode: 'TEST' }), charge({ mode: 'TEST', event_id: 'test' })]
    return [charge({ amount: this.#money(Number.MAX_SAFE_INTEGER - minor) })]
  }

  #complete(story: Story, draft: Draft): LedgerInput {
    const isLate = this.#chance.happens(0.15)
    const { months } = this.#plan
    const month = isLate ? this.#chance.pick(months) : months.at(-1)
    const effectiveAt =
      Date.parse(`${month}-01T00:00:00Z`) * 1000 + this.#chance.integer(0, 86_400) * 1_000_000
    const { tenant, resource, topic, currency } = story
    const event: BillingEvent & typeof more = {
      ...blank,
      ...more,
      event_id: `${resource.id}-${story.drafts.length}`,
      tenant_id: tenant,
      resource,
      occurred_at: effectiveAt,
      received_at: effectiveAt + 1,
      effective_at: effectiveAt,
      processed_at: effectiveAt + 2,
      disposition: isLate ? 'SUPERSEDED' : 'CURRENT',
      ...draft,
    }
    if (event.amount !== null) event.amount = { ...event.amount, currency }
    const key = resourceKey(tenant, resource.type, resource.id)
    return { topic, key, event }
  }

  #money(minor: number): { amount_minor: number; currency: string } {
    return { amount_minor: minor, currency: '' }
  }

  /** From cents to what a fleet pays a year. */
  #amount(): number {
    return 1 + Math.floor(10 ** (this.#chance.next() * 7))
  }
}

const blank: BillingEvent = {
  event_id: '',
  event_type: '',
  source: 'levy',
  source_event_type: '',
  tenant_id: '',
  subaccount_id: null,
  resource: { type: '', id: '' },
  occurred_at: 0,
  received_at: 0,
  effective_at: 0,
  processed_at: 0,
  delivery_attempt: null,
  disposition: 'CURRENT',
  mode: 'LIVE',
  mapper_version: 'bench',
  lineage: {
    raw_topic: 'bench',
    raw_partition: 0,
    raw_offset: 0,
    raw_timestamp: 0,
    delivery_id: 'bench',
    part_index: 0,
    channel: 'WEBHOOK',
    provenance_key_id: 'bench',
  },
  attributes: {},
  customer_id: null,
  reservation_id: null,
  rental_session_id: null,
  charge_id: null,
  refund_of: null,
  category: null,
  reason: null,
  amount: null,
}

/** Fields of violations and incidents beyond those of a billing event. */
const more = { vehicle_id: null, violation_code: null, claim_id: null, severity: null }
