// What the ledger verbs are told.

export interface BalanceOptions {
  tenant?: string
  period?: string
  currency?: string
}

export interface CloseOptions extends ControlOptions {
  tenant: string
  reason: string
  newTenant: boolean
}

export interface ControlOptions {
  reason?: string
  wait: number
}
