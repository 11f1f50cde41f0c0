// Signs and posts generic deliveries as the demo source does, and remembers what was answered. A delivery
// that got no 200 is sent again, as senders do.

import { createHmac } from 'node:crypto'

export interface SampleEvent {
  event_id: string
  event_type: string
  occurred_at: string
  resource_type: string
  resource_id: string
  data: Record<string, unknown>
}

export interface Answer {
  status: number
  deliveryId: string | null
}

export class Sender {
  readonly #url: string
  readonly #secret: string
  /** Bodies answered 200, by event id: how often. */
  readonly accepted = new Map<string, number>()
  readonly statuses = new Map<number, number>()

  constructor(ingestUrl: string, secret: string) {
    this.#url = `${ingestUrl}/v1/hooks/levy-demo`
    this.#secret = secret
  }

  /** One attempt; status 0 is a connection that failed. */
  async post(event: SampleEvent, headers: Record<string, string> = {}): Promise<Answer> {
    const body = JSON.stringify(event)
    const signature = createHmac('sha256', this.#secret).update(body).digest('hex')
    let answer: Answer = { status: 0, deliveryId: null }
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-levy-signature': `sha256=${signature}`,
          ...headers,
        },
        body,
        signal: AbortSignal.timeout(15_000),
      })
      const { delivery_id } = (await response.json()) as { delivery_id?: string }
      answer = { status: response.status, deliveryId: delivery_id ?? null }
    } catch {
      // The connection was refused or cut: nothing is known, so it is sent again.
    }
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1)
    if (answer.status === 200) {
      this.accepted.set(event.event_id, (this.accepted.get(event.event_id) ?? 0) + 1)
    }
    return answer
  }

  /** Sends until accepted, as a patient sender. */
  async deliver(event: SampleEvent): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { status } = await this.post(event)
      if (status === 200) return
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    throw new Error(`${event.event_id} was never accepted`)
  }

  /** Delivers in order of the list with so many under way at a time. */
  async deliverAll(events: readonly SampleEvent[], concurrency: number): Promise<void> {
    let next = 0
    const worker = async (): Promise<void> => {
      for (let event = events[next++]; event !== undefined; event = events[next++]) {
        await this.deliver(event)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  }
}

/** `count` charges over some resources, with redeliveries and late ones, by a fixed recipe. */
export function charges(run: string, count: number): SampleEvent[] {
  const events: SampleEvent[] = []
  const start = Date.now() - 3_600_000
  for (let n = 0; n < count; n++) {
    const event = {
      event_id: `${run}-${n}`,
      event_type: 'billing.charge_succeeded',
      // Every seventh is older than its predecessor.
      occurred_at: new Date(start + n * 1000 - (n % 7 === 0 ? 30_000 : 0)).toISOString(),
      resource_type: 'charge',
      resource_id: `${run}-r${n % 23}`,
      data: { customer_id: `C${n % 11}`, amount_minor: 100 + n, currency: 'EUR' },
    }
    events.push(event)
    // Every fifth is delivered again, at once or later.
    if (n % 5 === 0) events.push(event)
    if (n % 10 === 3 && n > 40) {
      const earlier = events[events.length - 40]
      if (earlier !== undefined) events.push(earlier)
    }
  }
  return events
}
