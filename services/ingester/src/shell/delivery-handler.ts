// Takes one delivery from its request to its answer. 200 is said only when every record is stored; a
// failure of ours is 503, so that the sender repeats, and never a refusal of what it sent.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { codeOf, messageOf } from '@fleet/runtime'
import type { Clock, Ids } from '@fleet/runtime'
import { platform } from '@fleet/signatures'
import { answerChallenge, identifierVersion, keptHeaders } from '@fleet/sources'
import type { DeliverySecret, Identified } from '@fleet/sources'
import { traceIdOf } from '@fleet/telemetry'
import { accept, refused, unauthorized } from '../core/accept.ts'
import type { Acceptance, Refusal, SecurityReason } from '../core/accept.ts'
import type { Proxies } from '../core/address.ts'
import { toRawDelivery } from '../core/raw-record.ts'
import type { DeliveryOrigin } from '../core/raw-record.ts'
import { pathOf } from '../core/route.ts'
import { SecurityLog } from '../core/security-log.ts'
import {
  jsonAnswer,
  problemAnswer,
  send,
  sendAndClose,
  unavailableAnswer,
  unavailableRetryAfterSeconds,
} from './answer.ts'
import type { Answer } from './answer.ts'
import { Armings } from './arming.ts'
import { readBody } from './body-reader.ts'
import type { BodyRoom } from './body-reader.ts'
import {
  activeSecret,
  enabledEndpoint,
  factsOf,
  identifyDelivery,
  openDelivery,
  takeToken,
} from './delivery.ts'
import type { Delivery, JudgingTools } from './delivery.ts'
import type { EdgeReport, Outcome } from './edge-report.ts'
import type { EndpointDirectory, KnownEndpoint } from './endpoint-directory.ts'
import type { RateLimits } from './rate-limits.ts'
import type { RawPublisher } from './raw-publisher.ts'
import type { PublishSecurity } from './security-publisher.ts'

export interface DeliveryHandlerOptions {
  readonly directory: Pick<EndpointDirectory, 'find'>
  readonly publisher: RawPublisher
  readonly publishSecurity: PublishSecurity
  readonly report: EdgeReport
  readonly clock: Clock
  readonly ids: Ids
  readonly bodyBytesMax: number
  /** All bodies held at once; with the appender's own limit it bounds the memory of the process. */
  readonly room: BodyRoom
  readonly limits: RateLimits
  readonly addressPerSecond: number
  readonly proxies: Proxies
  /** Aborted: the process is going away. */
  readonly stopping: AbortSignal
}

export class DeliveryHandler {
  readonly #options: DeliveryHandlerOptions
  readonly #security = new SecurityLog()
  readonly #tools: JudgingTools

  constructor(options: DeliveryHandlerOptions) {
    this.#options = options
    this.#tools = {
      limits: options.limits,
      addressPerSecond: options.addressPerSecond,
      armings: new Armings(),
    }
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    endpointId: string,
  ): Promise<void> {
    const delivery = this.#open(request, response, endpointId)
    if (this.#options.stopping.aborted) {
      return this.#refuse(delivery, refused('unavailable', null), { isUnread: true })
    }
    const reading = await readBody(request, this.#options.bodyBytesMax, this.#options.room)
    if (reading.kind === 'aborted') return this.#count(delivery, abortedOutcome(response))
    if (reading.kind === 'too_large') {
      const refusal = refused('body_too_large', 'body_too_large')
      return this.#refuse(delivery, refusal, { isUnread: true, bodyBytes: reading.bytes })
    }
    if (reading.kind === 'no_room') {
      return this.#refuse(delivery, refused('unavailable', null), { isUnread: true })
    }
    try {
      await this.#judge(delivery, reading.body)
    } catch (error) {
      this.#fail(delivery, error)
    } finally {
      this.#options.room.give(reading.body.length)
    }
  }

  /** A request to a delivery route with another method. */
  refuseMethod(request: IncomingMessage, response: ServerResponse, endpointId: string): void {
    const delivery = this.#open(request, response, endpointId)
    this.#refuse(delivery, refused('method_not_allowed', null), { headers: { allow: 'POST' } })
  }

  #open(request: IncomingMessage, response: ServerResponse, endpointId: string): Delivery {
    const { clock, directory, proxies } = this.#options
    const now = { startedMs: clock.elapsedMs(), receivedAtMs: clock.wallMs() }
    const known = directory.find(endpointId)
    return openDelivery(request, response, endpointId, known, now, proxies)
  }

  /** Waits only where a limit is counted elsewhere. */
  async #accept(delivery: Delivery, body: Buffer): Promise<Acceptance> {
    const steps = accept(factsOf(delivery, body, this.#tools))
    let step = steps.next()
    while (step.done !== true) {
      const taken = takeToken(step.value, delivery, this.#tools)
      step = steps.next('then' in taken ? await taken : taken)
    }
    return step.value
  }

  async #judge(delivery: Delivery, body: Buffer): Promise<void> {
    const acceptance = await this.#accept(delivery, body)
    if (acceptance.kind === 'refused') return this.#refuse(delivery, acceptance, { body })
    const target = enabledEndpoint(delivery)
    if (target === undefined)
      return this.#refuse(delivery, unauthorized('unknown_endpoint'), { body })
    if (acceptance.kind === 'unsigned_challenge') {
      const secret = activeSecret(target, delivery.receivedAtMs)
      const isAnswered = this.#answerChallenge(delivery, acceptance.challenge, secret, body)
      if (isAnswered) this.#tools.armings.spend(target.endpoint)
      return
    }
    const identified = identifyDelivery(target, delivery, body)
    if (identified.kind === 'challenge_refused') {
      return this.#refuse(delivery, unauthorized('challenge_refused'), { body })
    }
    if (identified.kind === 'challenge') {
      const secret = target.secrets.find(({ id }) => id === acceptance.keyId)
      this.#answerChallenge(delivery, identified.challenge, secret, body)
      return
    }
    await this.#store(delivery, target, acceptance, identified.parts, body)
  }

  async #store(
    delivery: Delivery,
    { endpoint }: KnownEndpoint,
    signature: { readonly scheme: string; readonly keyId: string },
    parts: Extract<Identified, { kind: 'records' }>['parts'],
    body: Buffer,
  ): Promise<void> {
    const origin: DeliveryOrigin = {
      deliveryId: this.#options.ids.uuid(),
      tenantId: endpoint.tenantId,
      endpointId: endpoint.id,
      source: endpoint.source,
      receivedAtMicros: delivery.receivedAtMs * 1000,
      remoteIp: delivery.remoteIp,
      headers: keptHeaders(endpoint, delivery.headers),
      body,
      bodySha256: platform.sha256(body),
      signatureScheme: signature.scheme,
      signatureKeyId: signature.keyId,
      identifierVersion,
    }
    const records = parts.map(part => ({ key: part.key, value: toRawDelivery(origin, part) }))
    await this.#options.publisher.publish(records, delivery.traceparent)
    const { deliveryId } = origin
    const stored = { status: 'accepted', delivery_id: deliveryId, records: records.length }
    this.#send(delivery, jsonAnswer(200, stored))
    const facts = { deliveryId, records: records.length, bodyBytes: body.length }
    this.#count(delivery, 'accepted', facts)
  }

  #answerChallenge(
    delivery: Delivery,
    challenge: string,
    secret: DeliverySecret | undefined,
    body: Buffer,
  ): boolean {
    if (secret === undefined) {
      this.#refuse(delivery, unauthorized('challenge_refused'), { body })
      return false
    }
    const answer = { challenge: answerChallenge(challenge, secret.key, platform) }
    this.#send(delivery, jsonAnswer(200, answer))
    this.#observe(delivery, 'challenge_answered', body, body.length)
    this.#count(delivery, 'challenge', { bodyBytes: body.length })
    return true
  }

  #refuse(
    delivery: Delivery,
    { problem, reason, retryAfterSeconds }: Refusal,
    about: {
      readonly body?: Buffer
      readonly bodyBytes?: number
      /** Part of the request is still on its way. */
      readonly isUnread?: boolean
      readonly headers?: Record<string, string>
    },
  ): void {
    const seconds = problem === 'unavailable' ? unavailableRetryAfterSeconds : retryAfterSeconds
    const retry: Record<string, string> = seconds === null ? {} : { 'retry-after': String(seconds) }
    const answer = problemAnswer(problem, { ...about.headers, ...retry })
    if (about.isUnread === true) {
      sendAndClose(delivery.request, delivery.response, answer, this.#options.clock)
    } else this.#send(delivery, answer)
    const bodyBytes = about.body?.length ?? about.bodyBytes ?? 0
    if (reason !== null) this.#observe(delivery, reason, about.body ?? null, bodyBytes)
    this.#count(delivery, problem, { reason, bodyBytes })
  }

  #fail(delivery: Delivery, error: unknown): void {
    this.#send(delivery, unavailableAnswer())
    this.#count(delivery, 'unavailable', { code: codeOf(error), problem: messageOf(error) })
  }

  #send({ response }: Delivery, answer: Answer): void {
    if (response.headersSent || response.destroyed) return
    // The sender's next request on this connection would meet a closed port.
    if (this.#options.stopping.aborted) response.shouldKeepAlive = false
    send(response, answer)
  }

  #observe(
    delivery: Delivery,
    reason: SecurityReason,
    body: Buffer | null,
    bodyBytes: number,
  ): void {
    const { clock, publishSecurity } = this.#options
    const { request, known } = delivery
    const event = this.#security.observe(
      {
        reason,
        endpointId: delivery.endpointId,
        tenantId: known?.endpoint.tenantId ?? null,
        remoteIp: delivery.remoteIp,
        method: request.method ?? '',
        path: pathOf(request.url ?? ''),
        headers: delivery.headers,
        signatureHeader: known?.endpoint.signature.header ?? null,
        bodyBytes,
        bodySha256: () => (body === null ? null : platform.sha256(body)),
      },
      { elapsedMs: clock.elapsedMs(), wallMs: clock.wallMs() },
    )
    if (event !== null) publishSecurity(event)
  }

  #count(delivery: Delivery, outcome: Outcome, facts: object = {}): void {
    const { endpointId, remoteIp, traceparent, known, startedMs } = delivery
    this.#options.report.delivery(outcome, known?.endpoint.id, startedMs, {
      endpointId: endpointId.slice(0, 128),
      remoteIp,
      traceId: traceIdOf(traceparent),
      ...facts,
    })
  }
}

/** A request that became unreadable was answered by the server itself, which left the status here. */
function abortedOutcome({ statusCode }: ServerResponse): Outcome {
  if (statusCode === 408) return 'request_timeout'
  return statusCode === 400 ? 'malformed_request' : 'aborted'
}
