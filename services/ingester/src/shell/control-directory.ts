// The endpoints and their keys in force, from the topic of the control plane. While Kafka is away the
// last good ones stay; a secret that does not open keeps its last good value and is told.

import { resolveSecret } from '@fleet/config'
import type { Mode } from '@fleet/config'
import { EndpointCatalog, followControl, SecretOpener } from '@fleet/control'
import type {
  ApiKeyRecord,
  ControlFollower,
  ControlFollowerOptions,
  SecretRecord,
} from '@fleet/control'
import { messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { secretProblem } from '@fleet/sources'
import type { DeliverySecret, EndpointSecret } from '@fleet/sources'
import type { Logger } from '@fleet/telemetry'
import type { EndpointDirectory, KnownEndpoint } from './endpoint-directory.ts'
import { versionsOf } from './secret-files.ts'

export interface ControlSource {
  readonly broker: ControlFollowerOptions['broker']
  /** Reference to the master keys. */
  readonly keyRef: string
}

export interface ControlDirectoryOptions {
  readonly control: ControlSource
  readonly dataDir: string
  readonly mode: Mode
  readonly clock: Clock
  readonly logger: Logger
  /**
   * From one look at what was read and at the secrets to the next. The processor takes a change as soon
   * as it reads it, so it knows a new endpoint before its first delivery is accepted here.
   */
  readonly everyMs: number
}

export function openControlDirectory(options: ControlDirectoryOptions): EndpointDirectory {
  return new ControlDirectory(options)
}

class ControlDirectory implements EndpointDirectory {
  readonly #options: ControlDirectoryOptions
  readonly #follower: ControlFollower
  readonly #catalog: EndpointCatalog
  readonly #opener: SecretOpener
  #known = new Map<string, KnownEndpoint>()
  /** Last good keys by endpoint id and secret id. */
  #keys = new Map<string, Buffer>()
  #problems = new Map<string, string>()
  #warnings = ''
  #seenState: unknown = null
  #seenRevision = -1
  #secretsVersion = ''
  #references: readonly string[] = []
  #hasChanged = false
  #cancel: () => void
  #closed = false

  constructor(options: ControlDirectoryOptions) {
    this.#options = options
    const { control, dataDir, mode, clock, logger } = options
    this.#catalog = new EndpointCatalog(mode)
    this.#opener = new SecretOpener(() =>
      resolveSecret(control.keyRef, dataDir, mode).toString('utf8'),
    )
    this.#follower = followControl({
      broker: control.broker,
      clock,
      logger,
      onChange: () => {
        // The very first reading is in force at once: nothing is before it.
        if (this.#seenState === null) this.#read()
        else this.#hasChanged = true
      },
    })
    this.#cancel = this.#lookLater()
  }

  find(id: string): KnownEndpoint | undefined {
    return this.#known.get(id)
  }

  ids(): Iterable<string> {
    return this.#known.keys()
  }

  get state(): string {
    return this.#follower.readiness
  }

  close(): void {
    this.#closed = true
    this.#cancel()
    void this.#follower.close()
  }

  #lookLater(): () => void {
    const { clock, everyMs } = this.#options
    return clock.after(everyMs, () => {
      void this.#look().then(() => {
        if (!this.#closed) this.#cancel = this.#lookLater()
      })
    })
  }

  async #look(): Promise<void> {
    const { control, dataDir } = this.#options
    const version = await versionsOf([control.keyRef, ...this.#references], dataDir)
    const hasNewSecrets = version !== this.#secretsVersion
    this.#secretsVersion = version
    if (this.#closed || this.#seenState === null) return
    if (this.#hasChanged || hasNewSecrets) this.#read()
  }

  #read(): void {
    const { logger } = this.#options
    const { state } = this.#follower
    this.#hasChanged = false
    this.#seenState = state
    const { entries, problems, warnings } = this.#catalog.read(state)
    const told = new Map<string, string>(problems)
    const keys = new Map<string, Buffer>()
    const known = new Map<string, KnownEndpoint>()
    const references: string[] = []
    for (const [id, { endpoint, secrets, apiKeys }] of entries) {
      const usable = apiKeys.map(key => this.#keyHash(key, keys))
      for (const [index, secret] of secrets.entries()) {
        const name = `${id}/${secret.id}`
        if ('ref' in secret.source) references.push(secret.source.ref)
        const key = this.#keyOf(name, secret, told)
        if (key === undefined) continue
        keys.set(name, key)
        usable.push(withTimes(key, endpoint.secrets[index], secret.id))
        const problem = secretProblem(endpoint, key)
        if (problem !== null) told.set(name, problem)
      }
      known.set(id, { endpoint, secrets: usable })
    }
    this.#known = known
    this.#keys = keys
    this.#references = references
    for (const [name, problem] of told) {
      if (this.#problems.get(name) !== problem) {
        logger.error({ endpointId: name, problem }, 'endpoints.refused')
      }
    }
    this.#problems = told
    if (this.#seenRevision !== state.revision) {
      this.#seenRevision = state.revision
      logger.info({ endpoints: known.size, revision: state.revision }, 'endpoints.loaded')
      const text = warnings.join('; ')
      if (text !== this.#warnings && text !== '') {
        logger.warn({ warnings }, 'endpoints.settings_weak')
      }
      this.#warnings = text
    }
  }

  /** One array for one key, so that what was decoded of it is found again. */
  #keyHash(
    { id, hash, expires_at: expiresAt }: ApiKeyRecord,
    keys: Map<string, Buffer>,
  ): DeliverySecret {
    const name = `api-key ${id}`
    const key = keys.get(name) ?? this.#keys.get(name) ?? Buffer.from(`sha256:${hash}`)
    keys.set(name, key)
    return { id, key, notBeforeMs: null, notAfterMs: timeMs(expiresAt) }
  }

  #keyOf(name: string, secret: SecretRecord, told: Map<string, string>): Buffer | undefined {
    const { dataDir, mode } = this.#options
    try {
      const { source } = secret
      return 'ref' in source ? resolveSecret(source.ref, dataDir, mode) : this.#opener.open(secret)
    } catch (error) {
      told.set(name, messageOf(error))
      return this.#keys.get(name)
    }
  }
}

function withTimes(key: Buffer, times: EndpointSecret | undefined, id: string): DeliverySecret {
  return {
    id,
    key,
    notBeforeMs: times?.notBeforeMs ?? null,
    notAfterMs: times?.notAfterMs ?? null,
  }
}

function timeMs(text: string | null): number | null {
  return text === null ? null : Date.parse(text)
}
