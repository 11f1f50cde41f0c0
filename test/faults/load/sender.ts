// Signs deliveries and posts them to the ingesters in turn, at a steady rate, until each is answered 200;
// remembers what every 200 was for. An answer that is not 200 proves nothing, so it is sent again.

import { createHmac } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { Agent, request } from 'node:http'

import { systemClock } from '@fleet/runtime'

import type { Seeded } from '../seeded.ts'
import type { Delivery } from './events.ts'

/** Many senders: those who wait for a partition without a leader must not hold up the others. */
const concurrency = 256
const requestMsMax = 15_000
const backoffMsMin = 50
const heldLookMs = 100
const backoffMsMax = 1500

export interface SenderOptions {
  readonly ports: readonly number[]
  readonly endpointId: string
  readonly secret: string
  readonly perSecond: number
  readonly random: Seeded
}

export class Sender {
  readonly #options: SenderOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  readonly #stopping = new AbortController()
  /** Delivery id of each 200, and the body it was for. */
  readonly accepted = new Map<string, string>()
  /** By status; 0 is a connection that failed or hung. */
  readonly statuses = new Map<number, number>()
  done = 0
  /** While true nothing new is sent; what is under way goes on. */
  isHeld = false
  #turn = 0

  constructor(options: SenderOptions) {
    this.#options = options
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Resolves when everything is accepted, or stopped. */
  async deliverAll(deliveries: readonly Delivery[]): Promise<void> {
    const startedMs = systemClock.elapsedMs()
    const { signal } = this.#stopping
    let next = 0
    const worker = async (): Promise<void> => {
      while (!signal.aborted) {
        const index = next++
        const delivery = deliveries[index]
        if (delivery === undefined) return
        const dueMs = startedMs + (index * 1000) / this.#options.perSecond
        const waitMs = dueMs - systemClock.elapsedMs()
        if (waitMs > 0) await systemClock.sleep(waitMs, signal)
        while (this.isHeld && !signal.aborted) await systemClock.sleep(heldLookMs, signal)
        await this.deliver(delivery.body)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  }

  /** Until it is accepted, or the sender is stopped. */
  async deliver(body: string): Promise<void> {
    const { signal } = this.#stopping
    let backoffMs = backoffMsMin
    while (!signal.aborted) {
      if ((await this.#post(body)) === 200) {
        this.done++
        return
      }
      await systemClock.sleep(backoffMs * (0.5 + this.#options.random.next()), signal)
      backoffMs = Math.min(backoffMs * 2, backoffMsMax)
    }
  }

  stop(): void {
    this.#stopping.abort()
    this.#agent.destroy()
  }

  async #post(body: string): Promise<number> {
    const { ports, endpointId, secret } = this.#options
    const port = ports[this.#turn++ % ports.length] ?? 0
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    let status = 0
    try {
      const answer = await post(this.#agent, port, `/v1/hooks/${endpointId}`, body, {
        'content-type': 'application/json',
        'x-levy-signature': `sha256=${signature}`,
      })
      status = answer.status
      if (status === 200) {
        const { delivery_id: id } = JSON.parse(answer.text) as { delivery_id: string }
        this.accepted.set(id, body)
      }
    } catch {
      // Refused, cut or hung: nothing is known of it.
    }
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    return status
  }
}

function post(
  agent: Agent,
  port: number,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(requestMsMax),
      },
      incoming => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (piece: string) => (text += piece))
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }))
        incoming.on('error', reject)
        // A process killed between headers and body ends without an end.
        incoming.on('close', () => reject(new Error('cut')))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
