// `fleet keys`: API keys through the admin API. The text of a new key is printed once, on standard
// output alone.

import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { AdminClient } from '../admin/client.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

const path = '/api-keys'

export async function listKeys(context: Context): Promise<ExitCode> {
  const keys = await AdminClient.of(readSettings()).list(path)
  if (context.json) {
    printJson(context, { keys })
    return exitCodes.ok
  }
  const head = ['id', 'name', 'tenant', 'scopes', 'expires', 'rotate by', 'last used']
  const rows = keys.map(key => [
    cell(key['id']),
    cell(key['name']),
    [cell(key['tenant_id']), key['endpoint_id']].filter(text => typeof text === 'string').join('/'),
    cell(key['scopes']),
    cell(key['expires_at']),
    key['replaced_by'] === null ? rotateCell(context, key['rotate_by']) : 'replaced',
    cell(key['last_used_at']),
  ])
  context.terminal.write(table(context.terminal, head, rows))
  return exitCodes.ok
}

export interface CreateOptions {
  name: string
  scope: string[]
  tenant?: string
  endpoint?: string
  expires?: string
}

export async function createKey(context: Context, options: CreateOptions): Promise<ExitCode> {
  const { body } = await AdminClient.of(readSettings()).post(path, {
    name: options.name,
    scopes: options.scope,
    tenant_id: options.tenant ?? null,
    endpoint_id: options.endpoint ?? null,
    expires_at: options.expires ?? null,
  })
  return shownOnce(context, body)
}

export async function rotateKey(
  context: Context,
  id: string,
  overlapText: string,
): Promise<ExitCode> {
  const overlapSeconds = Number(overlapText)
  if (!/^\d{1,8}$/.test(overlapText)) {
    throw new UsageError('--overlap must be a whole number of seconds')
  }
  const client = AdminClient.of(readSettings())
  const here = `${path}/${encodeURIComponent(id)}`
  const { etag } = await client.get(here)
  const { body } = await client.post(`${here}/rotate`, { overlap_seconds: overlapSeconds }, etag)
  return shownOnce(context, body)
}

export async function deleteKey(context: Context, id: string): Promise<ExitCode> {
  await AdminClient.of(readSettings()).delete(`${path}/${encodeURIComponent(id)}`)
  if (context.json) printJson(context, { deleted: id })
  else context.terminal.write(`${id} lets nobody in any more.\n`)
  return exitCodes.ok
}

export async function resealSecrets(context: Context): Promise<ExitCode> {
  const client = AdminClient.of(readSettings())
  let resealed = 0
  for (;;) {
    const { body } = await client.post('/secrets-reseal', {})
    const answer = body as { resealed: number; remaining: number; unopened: string[] }
    resealed += answer.resealed
    if (answer.remaining > 0 && answer.resealed > 0) continue
    const { unopened } = answer
    if (context.json) printJson(context, { resealed, unopened })
    else {
      context.terminal.write(`${resealed} secrets were sealed again.\n`)
      for (const id of unopened) context.terminal.write(`does not open: ${id}\n`)
    }
    return unopened.length === 0 ? exitCodes.ok : exitCodes.failed
  }
}

function shownOnce(context: Context, body: Record<string, unknown>): ExitCode {
  if (context.json) printJson(context, body)
  else {
    context.terminal.write(`${cell(body['key'])}\n`)
    context.terminal.writeError(`key ${cell(body['id'])}: shown this once, keep it safe\n`)
  }
  return exitCodes.ok
}

function rotateCell({ terminal, clock }: Context, time: unknown): string {
  const isOverdue = typeof time === 'string' && Date.parse(time) <= clock.wallMs()
  return isOverdue ? terminal.colors.red(`overdue since ${time}`) : cell(time)
}

function cell(value: unknown): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join(' ') : '-'
}
