// The API under attack: the whole app on a control plane in memory, with keys of every kind, two tenants
// and a secret. What it logs is kept, to be searched for what must not be in it.

import { Agent, request as sendRequest } from 'node:http'
import { topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'
import { Pipeline } from '../../../packages/dlq/test/pipeline.ts'
import { LetterDesk } from '../../../services/api/src/shell/dead-letters/desk.ts'
import { openAdminApi } from '../../../services/api/test/shell/admin/admin-harness.ts'
import type { OpenApi } from './document.ts'
import { canary, plainDefinition } from './inputs.ts'
import type { Who } from './inputs.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface Sent {
  readonly method: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | null
}

export type ApiTarget = Awaited<ReturnType<typeof openApiTarget>>

/** No case of the fuzzer may lock the others out; the limit has cases of its own. */
const failedLoginsPerMinute = 1_000_000_000
const answerMsMax = 20_000

/** What a sender wrote for whoever looks at it. */
export const hostileBody = '<script>alert(1)</script>'
const bodies = ['one', 'two', 'three', 'four', hostileBody]

/** Some letters of the processor, on a log in memory. */
async function openLetters() {
  const pipeline = await Pipeline.open()
  await pipeline.start(['processor'])
  for (const body of bodies) await pipeline.deliver(body)
  await pipeline.until(() => pipeline.letters('processor').length === bodies.length, 'letters')
  await pipeline.stop()
  const desk = new LetterDesk({
    letters: await pipeline.letterLog(),
    appender: pipeline.appender,
    replayer: await pipeline.replayer(),
    clock: systemClock,
    logger: silentLogger,
    stopping: pipeline.stopping.signal,
  })
  const close = async (): Promise<void> => {
    pipeline.stopping.abort()
    await desk.idle()
  }
  return { desk, close, rawRecords: () => pipeline.valuesOf(topics.raw).length }
}

export async function openApiTarget(options: { failedLoginsPerMinute?: number } = {}) {
  const letters = await openLetters()
  const api = await openAdminApi({
    failedLoginsPerMinute,
    isKeyRequired: true,
    deadLetters: letters.desk,
    ...options,
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })

  const send = ({ method, target, headers = {}, body = null }: Sent): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const bytes = body === null ? null : Buffer.from(body)
      const length = bytes === null ? {} : { 'content-length': String(bytes.length) }
      const { hostname, port } = new URL(api.base)
      const asked = sendRequest(
        {
          agent,
          hostname,
          port,
          method,
          path: target,
          headers: { ...length, ...headers },
          timeout: answerMsMax,
        },
        answer => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            resolve({
              status: answer.statusCode ?? 0,
              contentType: String(answer.headers['content-type'] ?? '').split(';')[0] ?? '',
              headers: answer.headers,
              text: Buffer.concat(chunks).toString('utf8'),
            })
          })
        },
      )
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
      // A refused body is not read to its end; the answer is there all the same.
      asked.on('error', reject)
      asked.end(bytes ?? undefined)
    })

  const makeKey = async (body: object): Promise<string> => {
    const reply = await api.ask('POST', '/v1/admin/api-keys', { body: { name: 'n', ...body } })
    return String(reply.body['key'])
  }
  for (const id of ['acme', 'beta']) await api.make(`/v1/admin/tenants/${id}`, { name: id })
  for (const [id, tenant] of [
    ['levy', 'acme'],
    ['other', 'beta'],
  ] as const) {
    const body = { tenant_id: tenant, definition: plainDefinition }
    await api.make(`/v1/admin/endpoints/${id}`, body)
    await api.make(`/v1/admin/secrets/${id}/k1`, { value: `${canary}-${id}` })
  }
  const acme = { tenant_id: 'acme' }
  const keys: Readonly<Record<Who, string | null>> = {
    root: api.root,
    admin: await makeKey({ ...acme, scopes: ['admin'] }),
    writer: await makeKey({ ...acme, scopes: ['endpoints:write'] }),
    reader: await makeKey({ ...acme, scopes: ['events:read'] }),
    sender: await makeKey({ ...acme, scopes: ['events:write'] }),
    other: await makeKey({ tenant_id: 'beta', scopes: ['admin'] }),
    wrong: `flk_${'0'.repeat(16)}_${'A'.repeat(43)}`,
    none: null,
  }
  const spareKeyIds: string[] = []
  for (let made = 0; made < 20; made++) {
    const key = await makeKey({ ...acme, scopes: ['events:read'] })
    spareKeyIds.push(key.split('_')[1] ?? '')
  }
  const { text } = await send({ method: 'GET', target: '/v1/openapi.json' })
  return {
    document: JSON.parse(text) as OpenApi,
    base: api.base,
    lines: api.lines,
    plane: api.plane,
    /** Texts of keys that are in force: nothing but the answer that makes a key may hold one. */
    keys,
    /** Of keys nobody needs. */
    spareKeyIds,
    /** How many deliveries stand in the log. */
    rawRecords: letters.rawRecords,
    send,
    sendAs: (who: Who, sent: Sent): Promise<Answer> => {
      const key = keys[who]
      const own: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
      return send({ ...sent, headers: { ...own, ...sent.headers } })
    },
    close: async (): Promise<void> => {
      agent.destroy()
      await api.close()
      await letters.close()
    },
  }
}
