// The verbs' way to the admin API. The API key comes by reference and is never printed.

import { resolveSecret } from '@fleet/config'
import { messageOf } from '@fleet/runtime'
import { UsageError } from '../exit-code.ts'
import { unreachable } from '../kafka.ts'
import { apiUrl } from '../settings.ts'
import type { Settings } from '../settings.ts'

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

export interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: Record<string, unknown>
}

const answerMsMax = 15_000

export class AdminClient {
  readonly #base: string
  readonly #key: string

  constructor(base: string, key: string) {
    this.#base = `${base}/v1/admin`
    this.#key = key
  }

  static of(settings: Settings): AdminClient {
    const key = readKey(settings)
    return new AdminClient(apiUrl(settings), key)
  }

  get(path: string): Promise<Answer> {
    return this.#done('GET', path)
  }

  post(path: string, body: object, etag: string | null = null): Promise<Answer> {
    return this.#done('POST', path, body, etag === null ? {} : { 'if-match': etag })
  }

  /** Makes it, or replaces what is there now. */
  async put(path: string, body: object): Promise<Answer> {
    const headers = conditionOf(await this.find(path))
    return this.#done('PUT', path, body, headers)
  }

  async delete(path: string): Promise<void> {
    const { etag } = await this.get(path)
    await this.#done('DELETE', path, undefined, etag === null ? {} : { 'if-match': etag })
  }

  /** Null when there is no such resource. */
  async find(path: string): Promise<Answer | null> {
    const answer = await this.#send('GET', path)
    return answer.status === 404 ? null : succeeded(answer)
  }

  /** Every item of a list, over all its pages. */
  async list(path: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = []
    let after: string | null = null
    do {
      const query: string = after === null ? '' : `&after=${encodeURIComponent(after)}`
      const { body } = await this.get(`${path}?limit=500${query}`)
      const page = body as { items: Record<string, unknown>[]; next: string | null }
      items.push(...page.items)
      after = page.next
    } while (after !== null)
    return items
  }

  async #done(
    method: Method,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    return succeeded(await this.#send(method, path, body, headers))
  }

  async #send(
    method: Method,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const request = {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...json, ...headers },
      signal: AbortSignal.timeout(answerMsMax),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    let response: Response
    let text: string
    try {
      response = await fetch(this.#base + path, request)
      text = await response.text()
    } catch (error) {
      throw unreachable('The API', this.#base, error)
    }
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
    }
  }
}

function conditionOf(found: Answer | null): Record<string, string> {
  const etag = found?.etag ?? null
  return etag === null ? { 'if-none-match': '*' } : { 'if-match': etag }
}

/** @throws UsageError for what another key or other arguments would mend; Error for the rest. */
function succeeded(answer: Answer): Answer {
  const { status } = answer
  if (status < 400) return answer
  const { detail, problems, code } = answer.body as {
    detail?: string
    problems?: string[]
    code?: string
  }
  if (code === 'no_route') {
    throw new UsageError('the API has no control plane; start it with FLEET_CONTROL_PLANE=on')
  }
  const list = (problems ?? []).map(problem => `\n  ${problem}`).join('')
  const text = `${detail ?? `the API answered ${status}`}${list}`
  throw [400, 401, 403, 422].includes(status) ? new UsageError(text) : new Error(text)
}

function readKey({ cliKeyRef, dataDir, mode }: Settings): string {
  try {
    return resolveSecret(cliKeyRef, dataDir, mode).toString('utf8')
  } catch (error) {
    const how = 'Set FLEET_API_KEY to an API key, or FLEET_CLI_KEY_REF to where it is.'
    throw new UsageError(`there is no API key (${messageOf(error)}). ${how}`)
  }
}
