// What the ledger verbs are told.

export interface BalanceOptions {
  tenant?: string
  period?: string
  currency?: string
}

export interface ControlOptions {
  reason?: string
  wait: number
}
