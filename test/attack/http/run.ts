// Runs attacks one after the other against one edge. After each it must still answer, at the end nothing
// may be left: no connection, no bytes, no growth; and every delivery it answered 200 stands in its log.

import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Attack } from './attack.ts'
import { rows } from './attack.ts'
import { apiKeyAttacks } from './cases/api-key.ts'
import { loadAttacks } from './cases/load.ts'
import { requestAttacks } from './cases/requests.ts'
import { signatureAttacks } from './cases/signature.ts'
import { smugglingAttacks } from './cases/smuggling.ts'
import { transportAttacks } from './cases/transport.ts'
import { exchange } from './exchange.ts'
import type { Target } from './target-process.ts'

export const attacks: readonly Attack[] = [
  ...signatureAttacks,
  ...apiKeyAttacks,
  ...smugglingAttacks,
  ...transportAttacks,
  ...requestAttacks,
  ...loadAttacks,
]

/** The case, then the question whether the edge is still there. */
export async function runAttack(attack: Attack, target: Target): Promise<void> {
  await attack.run(target)
  assert.ok(target.isAlive(), 'the process ended')
  const get = 'GET /health HTTP/1.1\r\nHost: edge\r\n\r\n'
  const { statuses } = await exchange(target, get, { answers: 1, from: '127.0.0.99' })
  assert.deepEqual(statuses, [200], 'it does not answer any more')
}

/** A run allocates; what it must not do is keep. */
const memoryGrowthMax = 150 * 1024 * 1024

/** After the last case. */
export async function assertNothingLeft(target: Target, memoryBefore: number): Promise<void> {
  for (let i = 0; i < 100 && (await target.metric('fleet_ingest_connections')) > 0; i++) {
    await pause(30)
  }
  assert.equal(await target.metric('fleet_ingest_connections'), 0, 'connections are left')
  assert.equal(await target.metric('fleet_ingest_body_bytes'), 0, 'bytes of bodies are left')
  const grown = (await target.memoryBytes()) - memoryBefore
  assert.ok(grown < memoryGrowthMax, `memory grew by ${Math.round(grown / 1e6)} MB`)
}

export function classesOf(list: readonly Attack[]): Record<string, number> {
  const counted = rows.map(row => [row, list.filter(attack => attack.row === row).length] as const)
  return Object.fromEntries(counted.filter(([, count]) => count > 0))
}
