// The control plane as the admin API uses it: a follower for reading, the fenced writer for changing,
// API keys for letting in. What is read is never older than this process's own last change.

import type { Broker } from '@fleet/kafka'
import { codeOf, messageOf, systemRandom, withDeadline } from '@fleet/runtime'
import type { Clock, Ids } from '@fleet/runtime'
import type { JsonObject } from '@fleet/sources'
import type { Logger } from '@fleet/telemetry'

import { authenticate, isExpired, isOverdue, mayDeliver } from '../core/api-key.ts'
import type { Authentication } from '../core/api-key.ts'
import type { Actor, Command, Decision, DecisionContext, Precondition } from '../core/commands.ts'
import { noPrecondition } from '../core/commands.ts'
import { decide } from '../core/decide.ts'
import type { ApiKeyRecord, Change } from '../core/records.ts'
import type { ControlState } from '../core/state.ts'
import { followControl } from './control-follower.ts'
import type { ControlFollower } from './control-follower.ts'
import { ControlWriter } from './control-writer.ts'
import { KeyUsesFollower } from './key-uses.ts'
import { keyCrypto, makeApiKey } from './key-crypto.ts'
import type { MasterKeys } from './master-keys.ts'
import { readAudit } from './read-audit.ts'
import type { AuditPage, AuditQuery } from './read-audit.ts'
import { createSealer } from './sealer.ts'

export interface ControlPlaneOptions {
  readonly broker: Broker
  readonly environment: string
  readonly mode: DecisionContext['mode']
  readonly rotateDays: number
  /** Asked for every change, so that a rotated master key needs no restart. */
  readonly masterKeys: () => MasterKeys
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
}

/** Then the caller is told that it may or may not have been made. */
const changeMsMax = 10_000
/** How exact "last used" is: every use would otherwise be a write. */
const useFlushMs = 60_000

/** The operator at the machine, who can read the master key anyway. */
const bootstrapActor: Actor = { id: 'bootstrap', tenant_id: null, scopes: ['admin'] }

export class ControlPlane {
  readonly #options: ControlPlaneOptions
  readonly #follower: ControlFollower
  readonly #writer: ControlWriter
  /** Of senders, as ingesters tell. */
  readonly #senders: KeyUsesFollower
  /** Times of use that were not written yet. */
  #uses = new Map<string, string>()
  #cancelFlush: () => void

  constructor(options: ControlPlaneOptions) {
    this.#options = options
    this.#follower = followControl(options)
    this.#writer = new ControlWriter({ ...options, random: systemRandom })
    this.#senders = new KeyUsesFollower(options)
    this.#cancelFlush = this.#flushLater()
  }

  get state(): ControlState {
    const [followed, written] = [this.#follower.state, this.#writer.state]
    return written.revision > followed.revision ? written : followed
  }

  /** `ok` once there is a good state; it stays so while Kafka is away. */
  get readiness(): string {
    return this.#follower.readiness
  }

  /** @throws FleetError CONTROL_UNAVAILABLE (transient) and what Kafka says. */
  async change(command: Command, precondition: Precondition, actor: Actor): Promise<Decision> {
    const { clock, mode, rotateDays, masterKeys, logger } = this.#options
    const sealer = createSealer(masterKeys())
    const changing = this.#writer.change(state => {
      const nowMs = clock.wallMs()
      const context = { nowMs, actor, precondition, mode, rotateDays, sealer, makeApiKey }
      return decide(state, command, context)
    })
    const decision = await withDeadline(clock, changeMsMax, 'the change', changing)
    if (decision.ok) {
      for (const { action, kind, id, revision } of decision.outcome.audit) {
        logger.info({ action, kind, id, revision, actor: actor.id }, 'control.changed')
      }
    }
    return decision
  }

  /**
   * The text of the first admin key of the platform; null: there is one, nothing was made.
   * @param file an endpoints.json to begin with.
   */
  async bootstrap(name: string, file: JsonObject | null = null): Promise<string | null> {
    const { clock, mode, rotateDays, masterKeys } = this.#options
    const sealer = createSealer(masterKeys())
    const command: Command = {
      kind: 'create-api-key',
      endpointId: null,
      tenantId: null,
      name,
      scopes: ['admin'],
      expiresAt: null,
    }
    const decision = await this.#writer.change(state => {
      const context = {
        nowMs: clock.wallMs(),
        actor: bootstrapActor,
        precondition: noPrecondition,
        mode,
        rotateDays,
        sealer,
        makeApiKey,
      }
      return hasAdmin(state, clock.wallMs()) ? nothing : decide(state, command, context)
    })
    const key = decision.ok ? decision.outcome.shown['key'] : undefined
    if (typeof key !== 'string') return null
    if (file !== null) {
      const command: Command = { kind: 'import-endpoints', file }
      const imported = await this.change(command, noPrecondition, bootstrapActor)
      if (!imported.ok) {
        const { problems } = imported.refusal
        this.#options.logger.warn({ problems }, 'control.import_refused')
      }
    }
    return key
  }

  authenticate(presented: string): Authentication {
    const { clock } = this.#options
    const result = authenticate(this.state, presented, clock.wallMs(), keyCrypto)
    if (result.ok) this.#uses.set(result.key.id, new Date(clock.wallMs()).toISOString())
    return result
  }

  /** Of an API key, by whoever uses it: a caller of the API, or a sender. */
  lastUsedAt(id: string): string | null {
    const { apiKeys, apiKeyUses } = this.state
    const own = this.#uses.get(id) ?? apiKeyUses.get(id) ?? null
    const key = apiKeys.get(id)
    return key?.scopes.includes('events:write') === true ? this.#deliveredAt(key) : own
  }

  /** Of a secret, by the sender that has it. */
  secretLastUsedAt(endpointId: string, id: string): string | null {
    return this.#senders.uses.lastUsedAt(endpointId, id)
  }

  /** At any endpoint it may deliver to: the id of a key says nothing at those of other tenants. */
  #deliveredAt(key: ApiKeyRecord): string | null {
    const endpoints = [...this.state.endpoints.values()].filter(at => mayDeliver(key, at))
    const times = endpoints.map(({ id }) => this.#senders.uses.lastUsedAt(id, key.id))
    return times.reduce((newest, at) => ((at ?? '') > (newest ?? '') ? at : newest), null)
  }

  /** How many API keys should have been rotated by now. */
  overdueKeys(): number {
    const nowMs = this.#options.clock.wallMs()
    return [...this.state.apiKeys.values()].filter(key => isOverdue(key, nowMs)).length
  }

  audit(query: AuditQuery): Promise<AuditPage> {
    return readAudit(this.#options.broker, this.#options.clock, query)
  }

  async close(): Promise<void> {
    this.#cancelFlush()
    await this.#flushUses()
    await this.#writer.close()
    await this.#senders.close()
    await this.#follower.close()
  }

  #flushLater(): () => void {
    return this.#options.clock.after(useFlushMs, () => {
      void this.#flushUses().then(() => {
        this.#cancelFlush = this.#flushLater()
      })
    })
  }

  /** Not audited and not worth an error: the next flush writes what this one could not. */
  async #flushUses(): Promise<void> {
    const uses = this.#uses
    if (uses.size === 0) return
    this.#uses = new Map()
    try {
      await this.#writer.change(state => {
        const changes = [...uses]
          .filter(([id]) => state.apiKeys.has(id))
          .map(([id, at]): Change => {
            return { kind: 'api-key-use', id, value: { id, last_used_at: at } }
          })
        return { ok: true, outcome: { changes, audit: [], shown: {} } }
      })
    } catch (error) {
      this.#uses = new Map([...uses, ...this.#uses])
      const problem = messageOf(error)
      this.#options.logger.warn({ code: codeOf(error), problem }, 'control.uses_not_written')
    }
  }
}

const nothing: Decision = { ok: true, outcome: { changes: [], audit: [], shown: {} } }

/** One that has expired lets nobody in, so it does not count. */
function hasAdmin({ apiKeys }: ControlState, nowMs: number): boolean {
  return [...apiKeys.values()].some(
    key => key.tenant_id === null && key.scopes.includes('admin') && !isExpired(key, nowMs),
  )
}
