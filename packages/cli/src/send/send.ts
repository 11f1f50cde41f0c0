// `fleet send`: builds or reads a body, signs it as the endpoint's source would, posts it.

import type { Endpoint } from '@fleet/sources'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readArgumentFile } from '../read-file.ts'
import { findEndpoint, localUrl, readEndpoints, readSettings } from '../settings.ts'
import { visible } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'
import { eventBody } from './event-body.ts'
import { hooksPath, postDelivery } from './post-delivery.ts'
import type { Answer } from './post-delivery.ts'
import { addHeaders, parseCount, parseData, parseResource } from './send-options.ts'
import { apiKeyHeaders, signatureHeaders } from './signature-headers.ts'

export interface SendOptions {
  file?: string
  type?: string
  resource?: string
  eventId?: string
  occurredAt?: string
  data?: string
  mode?: string
  repeat: string
  tamper?: boolean
  unsigned?: boolean
  header: string[]
  url?: string
  keyRef?: string
}

export async function sendVerb(
  context: Context,
  endpointId: string,
  options: SendOptions,
): Promise<ExitCode> {
  const repeat = parseCount('--repeat', options.repeat)
  const settings = readSettings()
  const endpoint = findEndpoint(await readEndpoints(settings), endpointId)
  const eventId = options.eventId ?? `evt_${context.ids.uuid()}`
  const signed = await readOrBuildBody(context, endpoint, eventId, options)
  const headers = addHeaders(
    {
      'content-type': 'application/json',
      ...(options.unsigned === true
        ? {}
        : endpoint.auth === 'api-key' || options.keyRef !== undefined
          ? apiKeyHeaders(settings, endpoint, options.keyRef)
          : signatureHeaders(settings, endpoint, signed, eventId, context.clock.wallMs())),
    },
    options.header,
  )
  const body = options.tamper === true ? tampered(signed) : signed
  const base = options.url ?? localUrl(settings, settings.ingestPort)
  const answers: Answer[] = []
  for (let sent = 0; sent < repeat && !context.stopping.aborted; sent++) {
    answers.push(await postDelivery(base, hooksPath(endpoint.id), headers, body))
  }
  // Of a file the id is what its bytes say; only a body built here has this one.
  return report(context, answers, options.file === undefined ? eventId : null)
}

async function readOrBuildBody(
  context: Context,
  endpoint: Endpoint,
  eventId: string,
  options: SendOptions,
): Promise<Buffer> {
  const { file, type, resource } = options
  if (file !== undefined) {
    if (type !== undefined || resource !== undefined) {
      throw new UsageError('give --file, or --type and --resource, not both')
    }
    return readArgumentFile(file)
  }
  if (type === undefined || resource === undefined) {
    throw new UsageError('give --type and --resource, or --file with a body')
  }
  const body = eventBody(endpoint, {
    type,
    ...parseResource(resource),
    eventId,
    occurredAt: options.occurredAt ?? null,
    nowMs: context.clock.wallMs(),
    data: options.data === undefined ? null : parseData(options.data),
    mode: options.mode ?? null,
    deliveryId: context.ids.uuid(),
  })
  return Buffer.from(JSON.stringify(body))
}

/** The same JSON with one more space: valid, but not what was signed. */
function tampered(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.from(' ')])
}

function report(context: Context, answers: readonly Answer[], eventId: string | null): ExitCode {
  const shown = answers.find(answer => !isAccepted(answer)) ?? answers.at(-1)
  if (context.json) {
    printJson(context, {
      ...shown,
      ...(eventId === null ? {} : { event_id: eventId }),
      ...(answers.length > 1 ? { deliveries: answers } : {}),
    })
  } else {
    const { green, red } = context.terminal.colors
    for (const answer of answers) {
      const status = (isAccepted(answer) ? green : red)(String(answer.http_status))
      const said = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
      const body = visible(said)
      context.terminal.write(`${status} ${body}${eventId === null ? '' : ` ${eventId}`}\n`)
    }
  }
  return answers.every(isAccepted) ? exitCodes.ok : exitCodes.failed
}

function isAccepted({ http_status: status }: Answer): boolean {
  return status >= 200 && status < 300
}
