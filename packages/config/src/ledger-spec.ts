// Settings of the accounting sink.

import { text, whole } from './validators.ts'

export const ledgerSpec = {
  FLEET_LEDGER_CHARTS_FILE: text({
    default: 'services/accounting-sink/charts.json',
    desc: 'charts of accounts and posting rules of the ledger, each with its version; read at start',
  }),
  FLEET_LEDGER_MEMORY_DAYS: whole(
    8,
    36_500,
  )({
    default: 400,
    desc: 'how long the ledger knows an entry again: repeated events, refunds against their charge, awaited amounts',
  }),
}
