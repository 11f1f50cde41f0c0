// `fleet tenants`: tenants through the admin API.

import { AdminClient } from '../admin/client.ts'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

const path = '/tenants'

export async function listTenants(context: Context): Promise<ExitCode> {
  const tenants = await AdminClient.of(readSettings()).list(path)
  if (context.json) printJson(context, { tenants })
  else {
    const rows = tenants.map(({ id, name }) => [String(id), String(name)])
    context.terminal.write(table(context.terminal, ['tenant', 'name'], rows))
  }
  return exitCodes.ok
}

export async function putTenant(context: Context, id: string, name: string): Promise<ExitCode> {
  const client = AdminClient.of(readSettings())
  const { body } = await client.put(`${path}/${encodeURIComponent(id)}`, { name })
  if (context.json) printJson(context, body)
  else context.terminal.write(`Tenant ${id} is there.\n`)
  return exitCodes.ok
}

export async function deleteTenant(context: Context, id: string): Promise<ExitCode> {
  await AdminClient.of(readSettings()).delete(`${path}/${encodeURIComponent(id)}`)
  if (context.json) printJson(context, { deleted: id })
  else context.terminal.write(`Tenant ${id} is removed.\n`)
  return exitCodes.ok
}
