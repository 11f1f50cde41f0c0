// The audit of a change: who, what, before and after. Built from the shown form of records alone, so
// that a secret can't get in by being forgotten.

import type { JsonObject } from '@fleet/sources'
import type { Actor, Outcome } from './commands.ts'
import type { Change, RecordKind } from './records.ts'
import { recordBefore, shown } from './shown.ts'
import type { ControlState } from './state.ts'

export interface AuditRecord {
  readonly at: string
  readonly revision: number
  /** Id of the API key, or `bootstrap` for the operator who made the first one. */
  readonly actor: string
  readonly actor_tenant_id: string | null
  readonly action: string
  readonly kind: RecordKind
  readonly id: string
  /** Whose resource it is; null: of the platform. */
  readonly tenant_id: string | null
  readonly before: JsonObject | null
  readonly after: JsonObject | null
}

/** The outcome of a command whose changes are these, with an audit record for each. */
export function audited(
  state: ControlState,
  actor: Actor,
  nowIso: string,
  command: string,
  changes: readonly Change[],
  answer: JsonObject,
): Outcome {
  const revision = state.revision + 1
  const audit = changes.map((change): AuditRecord => {
    const before = recordBefore(state, change)
    const after = change.value === null ? null : shown(change.kind, change.value as never)
    const owner = (after ?? before)?.['tenant_id']
    const own = change.kind === 'tenant' ? change.id : null
    return {
      at: nowIso,
      revision,
      actor: actor.id,
      actor_tenant_id: actor.tenant_id,
      action: command,
      kind: change.kind,
      id: change.id,
      tenant_id: typeof owner === 'string' ? owner : own,
      before,
      after,
    }
  })
  return { changes, audit, shown: answer }
}
