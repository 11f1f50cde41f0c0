// The endpoints and their keys in force, picked up from the file and the secrets while running. A file
// with any problem changes nothing; a secret that can't be read keeps its last good value. With the
// control plane on, they come from its topic instead: control-directory.ts.

import { resolveSecret, watchFile } from '@fleet/config'
import type { Mode } from '@fleet/config'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { parseEndpoints, secretProblem } from '@fleet/sources'
import type { DeliverySecret, Endpoint, EndpointSecret } from '@fleet/sources'
import type { Logger } from '@fleet/telemetry'
import { openControlDirectory } from './control-directory.ts'
import type { ControlSource } from './control-directory.ts'
import { versionsOf } from './secret-files.ts'

export interface KnownEndpoint {
  readonly endpoint: Endpoint
  /** Those that could be read; without any, no signature is valid. */
  readonly secrets: readonly DeliverySecret[]
}

export interface EndpointDirectory {
  find(id: string): KnownEndpoint | undefined
  /** Of all that are in force. */
  ids(): Iterable<string>
  /** `ok` once a file was good. */
  readonly state: string
  close(): void
}

export interface EndpointDirectoryOptions {
  readonly endpointsFile: string
  readonly dataDir: string
  readonly mode: Mode
  readonly clock: Clock
  readonly logger: Logger
  /** Two looks, at the file and at the secrets, must fit in two seconds. */
  readonly everyMs?: number
  /** Where endpoints come from when the control plane is on; the file counts for nothing then. */
  readonly control?: ControlSource | null
}

const everyMsDefault = 500

export function openEndpointDirectory(options: EndpointDirectoryOptions): EndpointDirectory {
  const { control = null } = options
  return control === null
    ? new WatchedDirectory(options)
    : openControlDirectory({ everyMs: everyMsDefault, ...options, control })
}

class WatchedDirectory implements EndpointDirectory {
  readonly #options: EndpointDirectoryOptions
  readonly #stopWatch: () => void
  #stopSecrets = (): void => {}
  #endpoints: readonly Endpoint[] = []
  #known = new Map<string, KnownEndpoint>()
  /** Last good keys by reference. */
  #keys = new Map<string, Buffer>()
  #problems = new Map<string, string>()
  #secretsVersion = ''
  #closed = false
  state = 'no endpoints file was read yet'

  constructor(options: EndpointDirectoryOptions) {
    this.#options = options
    const { clock, logger, everyMs = everyMsDefault } = options
    this.#stopWatch = watchFile(options.endpointsFile, text => this.#read(text), {
      clock,
      everyMs,
      onError: error => logger.error({ problem: messageOf(error) }, 'endpoints.refused'),
    })
    this.#watchSecrets(everyMs)
  }

  find(id: string): KnownEndpoint | undefined {
    return this.#known.get(id)
  }

  ids(): Iterable<string> {
    return this.#known.keys()
  }

  close(): void {
    this.#closed = true
    this.#stopWatch()
    this.#stopSecrets()
  }

  #read(text: string): void {
    const reading = parseEndpoints(text, this.#options.mode)
    if (!reading.ok) {
      throw new FleetError('ENDPOINTS_INVALID', 'fatal', reading.problems.join('; '))
    }
    this.#endpoints = reading.endpoints
    this.#readSecrets()
    this.state = 'ok'
    const { logger } = this.#options
    logger.info({ endpoints: reading.endpoints.length }, 'endpoints.loaded')
    const { ignored, warnings } = reading
    if (ignored.length > 0) logger.warn({ ignored }, 'endpoints.settings_ignored')
    if (warnings.length > 0) logger.warn({ warnings }, 'endpoints.settings_weak')
  }

  #watchSecrets(everyMs: number): void {
    if (this.#closed) return
    this.#stopSecrets = this.#options.clock.after(everyMs, () => {
      void this.#lookAtSecrets().then(() => this.#watchSecrets(everyMs))
    })
  }

  /** Asks for times and sizes beside the requests; reads only when one of them changed. */
  async #lookAtSecrets(): Promise<void> {
    const refs = this.#endpoints.flatMap(({ secrets }) => secrets.map(({ ref }) => ref))
    const version = await versionsOf(refs, this.#options.dataDir)
    if (version === this.#secretsVersion || this.#closed) return
    this.#secretsVersion = version
    this.#readSecrets()
  }

  #readSecrets(): void {
    const keys = new Map<string, Buffer>()
    for (const { secrets } of this.#endpoints) {
      for (const { ref } of secrets) {
        const key = keys.get(ref) ?? this.#readKey(ref)
        if (key !== undefined) keys.set(ref, key)
      }
    }
    this.#keys = keys
    this.#known = new Map(
      this.#endpoints.map(endpoint => {
        const secrets = endpoint.secrets.flatMap(secret => deliverySecret(secret, keys))
        for (const { id, key } of secrets) this.#reportUnusable(endpoint, id, key)
        return [endpoint.id, { endpoint, secrets }]
      }),
    )
  }

  /** A key that can't verify anything stays: the others go on, and its deliveries are 401. */
  #reportUnusable(endpoint: Endpoint, secretId: string, key: Uint8Array): void {
    const problem = secretProblem(endpoint, key)
    if (problem === null) return
    this.#options.logger.error(
      { endpointId: endpoint.id, secretId, problem },
      'endpoints.secret_unusable',
    )
  }

  #readKey(ref: string): Buffer | undefined {
    const { dataDir, mode, logger } = this.#options
    try {
      const key = resolveSecret(ref, dataDir, mode)
      this.#problems.delete(ref)
      return key
    } catch (error) {
      const problem = messageOf(error)
      if (this.#problems.get(ref) !== problem) logger.error({ problem }, 'endpoints.secret_unread')
      this.#problems.set(ref, problem)
      return this.#keys.get(ref)
    }
  }
}

function deliverySecret(
  { id, ref, notBeforeMs, notAfterMs }: EndpointSecret,
  keys: ReadonlyMap<string, Buffer>,
): DeliverySecret[] {
  const key = keys.get(ref)
  return key === undefined ? [] : [{ id, key, notBeforeMs, notAfterMs }]
}
