// Takes one delivery from its request to its answer. 200 is said only when every record is stored; a
// failure of ours is 503, so that the sender repeats, and never a refusal of what it sent.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { codeOf, messageOf } from '@fleet/runtime'
import type { Clock, Ids } from '@fleet/runtime'
import { platform } from '@fleet/signatures'
import { answerChallenge, keptHeaders, toRawDelivery } from '@fleet/sources'
import type { DeliveryOrigin, DeliverySecret, Identified } from '@fleet/sources'
import { traceIdOf } from '@fleet/telemetry'
import { refused, unauthorized } from '../core/accept.ts'
import type { Acceptance, Refusal, SecurityReason } from '../core/accept.ts'
import type { Proxies } from '../core/address.ts'
import { announcedBytes } from '../core/request-head.ts'
import type { Headers } from '../core/request-head.ts'
import { pathOf } from '../core/route.ts'
import type { WaitingLimit } from '../core/waiting-limit.ts'
import { acceptDelivery } from './accept-delivery.ts'
import { acceptedAnswer, jsonAnswer, problemAnswer, send, sendAndClose } from './answer.ts'
import { unavailableAnswer, unavailableRetryAfterSeconds } from './answer.ts'
import type { Answer } from './answer.ts'
import { Armings } from './arming.ts'
import { readBody } from './body-reader.ts'
import type { BodyRoom } from './body-reader.ts'
import { activeSecret, enabledEndpoint, identifyDelivery, openDelivery } from './delivery.ts'
import type { Delivery, JudgingTools } from './delivery.ts'
import { abortedOutcome } from './edge-report.ts'
import type { DeliveryLine, EdgeReport, Outcome } from './edge-report.ts'
import type { EndpointDirectory, KnownEndpoint } from './endpoint-directory.ts'
import type { NoteKeyUse } from './key-use-publisher.ts'
import type { RateLimits } from './rate-limits.ts'
import type { KeyedDelivery, RawPublisher } from './raw-publisher.ts'
import type { SecurityReport } from './security-report.ts'
import type { Shedding } from './shedding.ts'

export interface DeliveryHandlerOptions {
  readonly directory: Pick<EndpointDirectory, 'find'>
  readonly publisher: RawPublisher
  readonly security: Pick<SecurityReport, 'observe'>
  /** Called for every delivery that was verified: it must cost nothing. */
  readonly noteKeyUse: NoteKeyUse
  readonly report: EdgeReport
  readonly clock: Clock
  readonly ids: Ids
  readonly bodyBytesMax: number
  /** All bodies held at once; with the appender's own limit it bounds the memory of the process. */
  readonly room: BodyRoom
  readonly waitingLimit: Pick<WaitingLimit, 'stored'>
  readonly shedding: Pick<Shedding, 'count' | 'turnMs'>
  readonly limits: RateLimits
  readonly addressPerSecond: number
  readonly proxies: Proxies
  readonly isPrivate: JudgingTools['isPrivate']
  /** Aborted: the process is going away. */
  readonly stopping: AbortSignal
}

/** A delivery whose records are to be stored before it is answered. */
interface TakenDelivery {
  readonly deliveryId: string
  readonly records: KeyedDelivery[]
  readonly bodyBytes: number
}

/** What a line says beyond whose delivery it was. */
type LineFacts = Omit<DeliveryLine, 'endpointId' | 'remoteIp' | 'traceId'>

export class DeliveryHandler {
  readonly #options: DeliveryHandlerOptions
  readonly #tools: JudgingTools

  constructor(options: DeliveryHandlerOptions) {
    this.#options = options
    this.#tools = {
      limits: options.limits,
      addressPerSecond: options.addressPerSecond,
      armings: new Armings(),
      isPrivate: options.isPrivate,
    }
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Headers,
    endpointId: string,
  ): Promise<void> {
    const delivery = this.#open(request, response, headers, endpointId)
    if (this.#options.stopping.aborted) {
      this.#refuse(delivery, refused('unavailable', null), { isUnread: true })
      return
    }
    const { bodyBytesMax, room, publisher, waitingLimit, shedding, clock } = this.#options
    const reading = await readBody(request, announcedBytes(headers), bodyBytesMax, room)
    if (reading.kind === 'aborted') return this.#count(delivery, abortedOutcome(response))
    if (reading.kind === 'too_large') {
      const refusal = refused('body_too_large', 'body_too_large')
      this.#refuse(delivery, refusal, { isUnread: true, bodyBytes: reading.bytes })
      return
    }
    if (reading.kind !== 'body') {
      const isFull = reading.kind === 'no_room'
      shedding.count(isFull ? 'bodies' : 'waiting')
      // Crowded: the connection goes on; a body of an announced length, no other, is thrown away as it comes.
      const isUnread = isFull || headers['transfer-encoding'] !== undefined
      return void this.#refuse(delivery, refused('unavailable', null), { isUnread })
    }
    try {
      const accepting = acceptDelivery(delivery, reading.body, this.#tools)
      const acceptance = 'then' in accepting ? await accepting : accepting
      const taken = this.#judge(delivery, acceptance, reading.body)
      if (taken === null) return
      const sentMs = clock.elapsedMs()
      await publisher.publish(taken.records, delivery.traceparent)
      const storedMs = clock.elapsedMs()
      waitingLimit.stored(sentMs, storedMs, shedding.turnMs(storedMs))
      this.#answerTaken(delivery, taken)
    } catch (error) {
      this.#fail(delivery, error)
    } finally {
      room.answered(reading.body.length)
    }
  }

  /** A request to a delivery route with another method. */
  refuseMethod(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Headers,
    endpointId: string,
  ): void {
    const delivery = this.#open(request, response, headers, endpointId)
    this.#refuse(delivery, refused('method_not_allowed', null), { headers: { allow: 'POST' } })
  }

  #open(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Headers,
    endpointId: string,
  ): Delivery {
    const { clock, directory, proxies } = this.#options
    const now = { startedMs: clock.elapsedMs(), receivedAtMs: clock.wallMs() }
    const known = directory.find(endpointId)
    return openDelivery(request, response, headers, endpointId, known, now, proxies)
  }

  /** What is to be stored; null where the delivery was answered without. */
  #judge(delivery: Delivery, acceptance: Acceptance, body: Buffer): TakenDelivery | null {
    if (acceptance.kind === 'refused') return this.#refuse(delivery, acceptance, { body })
    const target = enabledEndpoint(delivery)
    if (target === undefined) {
      return this.#refuse(delivery, unauthorized('unknown_endpoint'), { body })
    }
    if (acceptance.kind === 'unsigned_challenge') {
      const secret = activeSecret(target, delivery.receivedAtMs)
      const isAnswered = this.#answerChallenge(delivery, acceptance.challenge, secret, body)
      if (isAnswered) this.#tools.armings.spend(target.endpoint)
      return null
    }
    const identified = identifyDelivery(target, delivery, body)
    if (identified.kind === 'challenge_refused') {
      return this.#refuse(delivery, unauthorized('challenge_refused'), { body })
    }
    if (identified.kind === 'challenge') {
      const secret = target.secrets.find(({ id }) => id === acceptance.keyId)
      this.#answerChallenge(delivery, identified.challenge, secret, body)
      return null
    }
    this.#options.noteKeyUse(target.endpoint.id, acceptance.keyId, delivery.receivedAtMs)
    return this.#take(delivery, target, acceptance, identified.parts, body)
  }

  #take(
    delivery: Delivery,
    { endpoint }: KnownEndpoint,
    signature: { readonly scheme: string; readonly keyId: string },
    parts: Extract<Identified, { kind: 'records' }>['parts'],
    body: Buffer,
  ): TakenDelivery {
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
    }
    const records = parts.map(part => ({ key: part.key, value: toRawDelivery(origin, part) }))
    return { deliveryId: origin.deliveryId, records, bodyBytes: body.length }
  }

  /** Its records are acknowledged by all in-sync replicas. */
  #answerTaken(delivery: Delivery, { deliveryId, records, bodyBytes }: TakenDelivery): void {
    this.#send(delivery, acceptedAnswer(deliveryId, records.length))
    this.#count(delivery, 'accepted', { deliveryId, records: records.length, bodyBytes })
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
  ): null {
    const seconds = problem === 'unavailable' ? unavailableRetryAfterSeconds : retryAfterSeconds
    const retry: Record<string, string> = seconds === null ? {} : { 'retry-after': String(seconds) }
    const answer = problemAnswer(problem, { ...about.headers, ...retry })
    if (about.isUnread === true) {
      sendAndClose(delivery.request, delivery.response, answer, this.#options.clock)
    } else this.#send(delivery, answer)
    const bodyBytes = about.body?.length ?? about.bodyBytes ?? 0
    if (reason !== null) this.#observe(delivery, reason, about.body ?? null, bodyBytes)
    this.#count(delivery, problem, { reason, bodyBytes })
    return null
  }

  #fail(delivery: Delivery, error: unknown): void {
    this.#send(delivery, unavailableAnswer())
    if (codeOf(error) === 'OVERLOADED') this.#options.shedding.count('log')
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
    const { request, known, endpointId } = delivery
    this.#options.security.observe({
      reason,
      endpointId,
      tenantId: known?.endpoint.tenantId ?? null,
      remoteIp: delivery.remoteIp,
      method: request.method ?? '',
      path: pathOf(request.url ?? ''),
      headers: delivery.headers,
      signatureHeader: proofHeader(known),
      bodyBytes,
      bodySha256: () => (body === null ? null : platform.sha256(body)),
    })
  }

  #count(delivery: Delivery, outcome: Outcome, facts: LineFacts = {}): void {
    const { known, startedMs } = delivery
    const { reason = null } = facts
    this.#options.report.delivery(outcome, known?.endpoint, startedMs, reason, () => ({
      endpointId: delivery.endpointId.slice(0, 128),
      remoteIp: delivery.remoteIp,
      traceId: traceIdOf(delivery.traceparent),
      ...facts,
    }))
  }
}

/** Where the sender's proof stands: a signature or an API key. */
function proofHeader(known: KnownEndpoint | undefined): string | null {
  if (known === undefined) return null
  return known.endpoint.apiKeyHeader ?? known.endpoint.signature.header
}
