// `fleet endpoints uses`: when each key of a sender was last used, as the ingesters noted it. Read from
// Kafka itself, so that it is the same with and without the control plane.

import { readKeyUses } from '@fleet/control'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

export async function showUses(context: Context, endpoint: string | null): Promise<ExitCode> {
  const all = await withKafka(context, readSettings(), ({ broker }) => readKeyUses(broker))
  const uses = all.filter(({ endpointId }) => endpoint === null || endpointId === endpoint)
  if (context.json) {
    const shown = uses.map(({ endpointId, keyId, lastUsedAt }) => ({
      endpoint_id: endpointId,
      key_id: keyId,
      last_used_at: lastUsedAt,
    }))
    printJson(context, { uses: shown })
    return exitCodes.ok
  }
  const rows = uses.map(({ endpointId, keyId, lastUsedAt }) => [endpointId, keyId, lastUsedAt])
  context.terminal.write(table(context.terminal, ['endpoint', 'key', 'last used'], rows))
  return exitCodes.ok
}
