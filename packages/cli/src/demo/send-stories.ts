// Sends the stories: each one's samples in order, several stories at a time.

import { platform } from '@fleet/signatures'
import { answerChallenge } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { resolveSecret } from '@fleet/config'
import { hooksPath, postDelivery } from '../send/post-delivery.ts'
import type { Answer, Headers } from '../send/post-delivery.ts'
import { signatureHeaders } from '../send/signature-headers.ts'
import { localUrl } from '../settings.ts'
import type { Settings } from '../settings.ts'
import type { Context } from '../verb.ts'
import type { Sent } from './reconcile/sent.ts'
import type { DemoEndpointId, Sample, Story } from './samples/sample.ts'
import { signedAtMs, signedBytes } from './sign-sample.ts'

export type DemoEndpoints = Readonly<Record<DemoEndpointId, Endpoint>>

/** More would only wait for each other in the ingester. */
const storiesAtATime = 8

export async function sendStories(
  context: Pick<Context, 'clock' | 'stopping'>,
  settings: Settings,
  endpoints: DemoEndpoints,
  stories: readonly Story[],
): Promise<Sent[]> {
  const sent: Sent[] = []
  const waiting = [...stories]
  const sendNext = async (): Promise<void> => {
    for (let story = waiting.shift(); story !== undefined; story = waiting.shift()) {
      for (const sample of story.samples) {
        if (context.stopping.aborted) return
        sent.push(await sendSample(context, settings, endpoints[sample.endpointId], sample))
      }
    }
  }
  await Promise.all(Array.from({ length: storiesAtATime }, sendNext))
  return sent
}

async function sendSample(
  { clock }: Pick<Context, 'clock'>,
  settings: Settings,
  endpoint: Endpoint,
  sample: Sample,
): Promise<Sent> {
  const base = localUrl(settings, settings.ingestPort)
  const headers: Headers = { 'content-type': 'application/json', ...sample.headers }
  if (sample.signing !== 'none') {
    const nowMs = signedAtMs(sample, clock.wallMs())
    const bytes = signedBytes(sample)
    Object.assign(headers, signatureHeaders(settings, endpoint, bytes, sample.eventId, nowMs))
  }
  const answer = await postDelivery(base, hooksPath(endpoint.id), headers, sample.body)
  return {
    sample,
    status: answer.http_status,
    deliveryId: answer.delivery_id,
    records: member(answer, 'records', 'number'),
    isChallengeRight: isChallengeRight(settings, endpoint, sample, answer),
  }
}

function isChallengeRight(
  { dataDir, mode }: Settings,
  endpoint: Endpoint,
  { expected }: Sample,
  answer: Answer,
): boolean | null {
  const given = member(answer, 'challenge', 'string')
  if (given === null || expected.answer !== 'challenge') return null
  return endpoint.secrets.some(
    ({ ref }) =>
      answerChallenge(expected.challenge, resolveSecret(ref, dataDir, mode), platform) === given,
  )
}

interface Kinds {
  string: string
  number: number
}

function member<K extends keyof Kinds>({ body }: Answer, name: string, kind: K): Kinds[K] | null {
  if (typeof body !== 'object' || body === null) return null
  const value = Object.entries(body).find(([key]) => key === name)?.[1] as unknown
  return typeof value === kind ? (value as Kinds[K]) : null
}
