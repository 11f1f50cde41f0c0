// A control plane in memory for tests: commands in, state and audit out.

import { decide } from '../src/core/decide.ts'
import type { AuditRecord } from '../src/core/audit.ts'
import type { Actor, Command, DecisionContext, Precondition } from '../src/core/commands.ts'
import type { Decision, Outcome } from '../src/core/commands.ts'
import { noPrecondition } from '../src/core/commands.ts'
import { ControlState } from '../src/core/state.ts'
import { makeApiKey } from '../src/shell/key-crypto.ts'
import { MasterKeys } from '../src/shell/master-keys.ts'
import { createSealer } from '../src/shell/sealer.ts'

export const masterKeyText = `m1:${Buffer.alloc(32, 1).toString('base64')}`
export const nowMs = Date.parse('2026-11-21T08:00:00Z')

export const platformAdmin: Actor = { id: 'root', tenant_id: null, scopes: ['admin'] }
export const tenantWriter = (tenantId: string): Actor => {
  return { id: 'writer', tenant_id: tenantId, scopes: ['endpoints:write'] }
}
export const tenantAdmin = (tenantId: string): Actor => {
  return { id: 'boss', tenant_id: tenantId, scopes: ['admin'] }
}

export const fresh: Precondition = { ifMatch: null, ifNoneMatch: true }
export const seen = (...revisions: number[]): Precondition => {
  return { ifMatch: revisions, ifNoneMatch: false }
}

export const levy = {
  source: 'levy',
  adapter: 'generic',
  signature: { header: 'x-levy-signature' },
} as const

export class Plane {
  readonly state = new ControlState()
  readonly audit: AuditRecord[] = []
  keys = MasterKeys.parse(masterKeyText)
  nowMs = nowMs

  try(
    command: Command,
    precondition: Precondition = fresh,
    actor: Actor = platformAdmin,
  ): Decision {
    const context: DecisionContext = {
      nowMs: this.nowMs,
      actor,
      precondition,
      mode: 'development',
      rotateDays: 90,
      sealer: createSealer(this.keys),
      makeApiKey,
    }
    return decide(this.state, command, context)
  }

  /** Decides and applies; throws when it was refused. */
  do(command: Command, precondition: Precondition = fresh, actor: Actor = platformAdmin): Outcome {
    const decision = this.try(command, precondition, actor)
    if (!decision.ok) throw new Error(JSON.stringify(decision.refusal))
    const { outcome } = decision
    for (const change of outcome.changes) this.state.apply(change)
    if (outcome.changes.length > 0) this.state.revision++
    this.audit.push(...outcome.audit)
    return outcome
  }

  refusal(
    command: Command,
    precondition: Precondition = fresh,
    actor: Actor = platformAdmin,
  ): string {
    const decision = this.try(command, precondition, actor)
    return decision.ok ? 'done' : decision.refusal.code
  }

  /** With tenant demo and endpoint levy. */
  static furnished(): Plane {
    const plane = new Plane()
    plane.do({ kind: 'put-tenant', id: 'demo', name: 'Demo' })
    plane.do({ kind: 'put-endpoint', id: 'levy', tenantId: 'demo', definition: levy })
    return plane
  }
}

export const without = noPrecondition
