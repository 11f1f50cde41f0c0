// A Confluent-compatible schema registry over HTTP. The public client registers; what it lacks (a
// schema's text without parsing it, compatibility, configuration, time limits, telling a refused
// connection from a bad request) goes by plain requests.

import { codecError } from './errors.ts'
import { incompatibilities } from './compatibility.ts'
import { compatibilityMode } from './registry-port.ts'
import type { Compatibility, RegistryAdmin } from './registry-port.ts'

/** Frees a socket that hangs; for look-ups the codec gives up earlier. */
const requestMsMax = 10_000
/** Confluent's error codes for a missing subject, version and schema. A bare 404 is a wrong address. */
const notFoundCodes = new Set<unknown>([40401, 40402, 40403])
const jsonType = 'application/vnd.schemaregistry.v1+json'

/** `url` is the base of the Confluent API, such as `…/apis/ccompat/v7`. */
export function httpRegistry(url: string): RegistryAdmin {
  return new HttpRegistry(url.replace(/\/+$/, ''))
}

type Answer = Readonly<Record<string, unknown>>

/** Of the rule of a subject, where several set it at once. */
const settingAttemptsMax = 5

class HttpRegistry implements RegistryAdmin {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async findSchema(id: number): Promise<string | null> {
    const answer = await this.#request('GET', `/schemas/ids/${id}`)
    return answer === null ? null : textIn(answer)
  }

  findId(subject: string, schema: string): Promise<number | null> {
    return this.#lookUp(subject, schema, 'id')
  }

  findVersion(subject: string, schema: string): Promise<number | null> {
    return this.#lookUp(subject, schema, 'version')
  }

  async checkCompatible(subject: string, schema: string): Promise<Compatibility> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions`
    const answer = await this.#request('POST', path, { schema })
    if (answer === null || answer['is_compatible'] === true) return { compatible: true }
    const latest = await this.#request('GET', `${subjectPath(subject)}/versions/latest`)
    const [reason] = latest === null ? [] : incompatibilities(schema, textIn(latest))
    return { compatible: false, reason: reason ?? 'incompatible with a registered version' }
  }

  async requireCompatibility(subject: string): Promise<void> {
    const path = `/config/${encodeURIComponent(subject)}`
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#request('PUT', path, { compatibility: compatibilityMode })
        return
      } catch (error) {
        // Refused while somebody else registers: then it is he who sets it.
        const set = await this.#request('GET', path)
        if (set?.['compatibilityLevel'] === compatibilityMode) return
        if (attempt === settingAttemptsMax) throw error
      }
    }
  }

  async register(subject: string, schema: string): Promise<number> {
    // Loaded here because only the deploy step registers: services do without its memory.
    const { COMPATIBILITY, SchemaRegistry, SchemaType } =
      await import('@kafkajs/confluent-schema-registry')
    const client = new SchemaRegistry({ host: this.#url, clientId: 'fleet', retry: { retries: 0 } })
    const compatibility = COMPATIBILITY.FULL_TRANSITIVE
    try {
      const options = { subject, compatibility }
      return (await client.register({ type: SchemaType.AVRO, schema }, options)).id
    } catch (error) {
      throw registrationError(subject, error)
    }
  }

  async #lookUp(subject: string, schema: string, what: 'id' | 'version'): Promise<number | null> {
    const answer = await this.#request('POST', subjectPath(subject), { schema })
    if (answer === null) return null
    const number = answer[what]
    if (typeof number === 'number') return number
    throw codecError('REGISTRY_UNREACHABLE', `The registry's answer for ${subject} has no ${what}`)
  }

  /** The answer's object; null when the registry says that there is no such thing. */
  async #request(method: string, path: string, body?: object): Promise<Answer | null> {
    let status: number
    let answer: Answer
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: { 'content-type': jsonType, accept: `${jsonType}, application/json` },
        signal: AbortSignal.timeout(requestMsMax),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      status = response.status
      answer = objectIn(await response.text())
    } catch (error) {
      throw codecError('REGISTRY_UNREACHABLE', 'The registry does not answer', error)
    }
    if (status < 300) return answer
    if (status === 404 && notFoundCodes.has(answer['error_code'])) return null
    throw statusError(status, `The registry answers ${status} to ${method} ${path}`)
  }
}

function subjectPath(subject: string): string {
  return `/subjects/${encodeURIComponent(subject)}`
}

function textIn(answer: Answer): string {
  const text = answer['schema']
  if (typeof text === 'string') return text
  throw codecError('REGISTRY_UNREACHABLE', `The registry's answer holds no schema`)
}

/** Total: what is not a JSON object, such as a proxy's error page, is an empty one. */
function objectIn(text: string): Answer {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Answer) : {}
  } catch {
    return {}
  }
}

/** 404 without the registry's own code counts as unreachable: records must not become poison by it. */
function statusError(status: number, message: string, cause?: unknown): Error {
  const refused = status >= 400 && status < 500 && ![404, 408, 429].includes(status)
  return codecError(refused ? 'REGISTRY_REFUSED' : 'REGISTRY_UNREACHABLE', message, cause)
}

/** The client reports a refused connection as status 400 too; its message then names the socket error. */
function registrationError(subject: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error)
  const what = `Registering ${subject}: ${message}`
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 0
  if (status === 409 || message.includes('Compatibility does not match')) {
    return codecError('SCHEMA_INCOMPATIBLE', what, error)
  }
  const socket = /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT|socket hang up/.test(message)
  return statusError(socket ? 0 : status, what, error)
}
