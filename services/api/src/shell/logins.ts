// Who asks, by the API key of the request. Wrong keys are counted by address: beyond a number in a minute
// the rest of that minute is refused whatever the key, so that nobody learns by trying.

import type { ApiKeyRecord, ControlPlane } from '@fleet/control'
import type { Counter, Metrics } from '@fleet/telemetry'
import type { Request, Response } from 'express'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { addressGroup } from '../core/address-group.ts'
import { refuse } from './refuse.ts'

const windowSeconds = 60

export class Logins {
  readonly #plane: Pick<ControlPlane, 'authenticate'>
  readonly #failuresMax: number
  readonly #failures: RateLimiterMemory
  readonly #counter: Counter

  constructor(
    plane: Pick<ControlPlane, 'authenticate'>,
    { failedPerMinute, metrics }: { readonly failedPerMinute: number; readonly metrics: Metrics },
  ) {
    this.#plane = plane
    this.#failuresMax = failedPerMinute
    this.#failures = new RateLimiterMemory({ points: failedPerMinute, duration: windowSeconds })
    this.#counter = metrics.counter(
      'fleet_api_logins_refused_total',
      'Requests without a right API key, by what was answered.',
    )
    for (const answer of ['unauthorized', 'rate_limited']) this.#counter.add(0, { answer })
  }

  /** The key's record; null: it has answered itself. */
  async keyOf(
    request: Pick<Request, 'headers' | 'ip'>,
    response: Response,
  ): Promise<ApiKeyRecord | null> {
    const address = addressGroup(request.ip ?? '')
    const before = await this.#failures.get(address)
    if (before !== null && before.consumedPoints >= this.#failuresMax) {
      this.#counter.add(1, { answer: 'rate_limited' })
      response.set('retry-after', String(Math.max(1, Math.ceil(before.msBeforeNext / 1000))))
      refuse(response, 'rate_limited', 'Too many requests without a right API key. Try later.')
      return null
    }
    const presented = presentedKey(request)
    const authentication = presented === null ? null : this.#plane.authenticate(presented)
    if (authentication?.ok === true) return authentication.key
    await this.#failures.penalty(address)
    this.#counter.add(1, { answer: 'unauthorized' })
    response.set('www-authenticate', 'Bearer')
    refuse(response, 'unauthorized', 'The API key is missing, unknown or expired.')
    return null
  }
}

/** The key of `Authorization: Bearer …`; null: there is none. */
function presentedKey(request: Pick<Request, 'headers'>): string | null {
  return /^Bearer +([!-~]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}
