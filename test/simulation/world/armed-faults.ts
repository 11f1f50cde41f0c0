// Faults that wait for their call. Each strikes once, at the first call that fits.

import type { StageName } from '@fleet/contracts'

import { kindOf } from '../plan/plan.ts'
import type { ArmedFault } from '../plan/plan.ts'

type Kind = ArmedFault['kind']
type Of<K extends Kind> = Extract<ArmedFault, { kind: K }>

export class ArmedFaults {
  readonly #armed: ArmedFault[] = []
  readonly #onStrike: (kind: string) => void

  constructor(onStrike: (kind: string) => void) {
    this.#onStrike = onStrike
  }

  arm(fault: ArmedFault): void {
    this.#armed.push(fault)
  }

  /** The fault that strikes this call, if any. */
  strike<K extends Kind>(kind: K, stage: StageName): Of<K> | null {
    const at = this.#armed.findIndex(
      fault => fault.kind === kind && (fault.stage === null || fault.stage === stage),
    )
    if (at < 0) return null
    const [fault] = this.#armed.splice(at, 1)
    if (fault !== undefined) this.#onStrike(kindOf(fault))
    return fault as Of<K>
  }

  disarm(): void {
    this.#armed.length = 0
  }
}
