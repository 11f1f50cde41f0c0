// `fleet endpoints put|delete|secret|import|export`: endpoints through the admin API. Secrets come from
// files or standard input, never from the command line, where every process of the machine could see them.

import { parseEndpoints } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { AdminClient } from '../admin/client.ts'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readArgumentFile } from '../read-file.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

const inForce = 'In force in every ingester within 2 s.'

function done(context: Context, body: object, text: string): ExitCode {
  if (context.json) printJson(context, body)
  else context.terminal.write(`${text}\n`)
  return exitCodes.ok
}

function endpointPath(id: string): string {
  return `/endpoints/${encodeURIComponent(id)}`
}

export async function putEndpoint(
  context: Context,
  id: string,
  options: { tenant: string; file: string },
): Promise<ExitCode> {
  const definition = await readJson(options.file)
  const body = { tenant_id: options.tenant, definition }
  const answer = await AdminClient.of(readSettings()).put(endpointPath(id), body)
  return done(context, answer.body, `${id} is there. ${inForce}`)
}

export async function deleteEndpoint(context: Context, id: string): Promise<ExitCode> {
  await AdminClient.of(readSettings()).delete(endpointPath(id))
  return done(context, { deleted: id }, `${id} and its secrets are removed. ${inForce}`)
}

export interface SecretOptions {
  valueFile?: string
  ref?: string
  notBefore?: string
  notAfter?: string
}

export async function putSecret(
  context: Context,
  endpoint: string,
  id: string,
  options: SecretOptions,
): Promise<ExitCode> {
  const { valueFile, ref, notBefore, notAfter } = options
  const value = valueFile === undefined ? null : await readText(valueFile)
  const path = `/secrets/${encodeURIComponent(endpoint)}/${encodeURIComponent(id)}`
  const answer = await AdminClient.of(readSettings()).put(path, {
    ...(value === null ? {} : { value: value.replace(/\r?\n$/, '') }),
    ...(ref === undefined ? {} : { ref }),
    not_before: notBefore ?? null,
    not_after: notAfter ?? null,
  })
  return done(context, answer.body, `Secret ${id} of ${endpoint} is there. ${inForce}`)
}

export async function deleteSecret(
  context: Context,
  endpoint: string,
  id: string,
): Promise<ExitCode> {
  const path = `/secrets/${encodeURIComponent(endpoint)}/${encodeURIComponent(id)}`
  await AdminClient.of(readSettings()).delete(path)
  return done(context, { deleted: id }, `Secret ${id} of ${endpoint} is removed. ${inForce}`)
}

export async function importEndpoints(
  context: Context,
  file: string | null,
  { prune = false }: { prune?: boolean },
): Promise<ExitCode> {
  const settings = readSettings()
  const content = await readJson(file ?? settings.endpointsFile)
  const { body } = await AdminClient.of(settings).post(`/endpoints-file?prune=${prune}`, content)
  const { endpoints, changed, ...secrets } = body as {
    endpoints: number
    changed: Record<string, number>
    removed_secrets: string[]
    left_secrets: string[]
  }
  if (!context.json) {
    for (const id of secrets.removed_secrets) {
      context.terminal.writeError(`secret removed, the file has it no more: ${id}\n`)
    }
    for (const id of secrets.left_secrets) {
      const remedy = '--prune removes it'
      context.terminal.writeError(`secret not in the file, still in force (${remedy}): ${id}\n`)
    }
  }
  const counts = Object.entries(changed).map(([what, count]) => `${count} ${what}`)
  return done(
    context,
    body,
    `${endpoints} endpoints read; changed: ${counts.join(', ')}. ${inForce}`,
  )
}

/** The file on standard output; what it can't hold on standard error. */
export async function exportEndpoints(context: Context): Promise<ExitCode> {
  const { body } = await AdminClient.of(readSettings()).get('/endpoints-file')
  const exported = body as { file: object; secret_files: string[]; left_out: string[] }
  if (context.json) return done(context, exported, '')
  context.terminal.write(`${JSON.stringify(exported.file, null, 2)}\n`)
  for (const name of exported.secret_files) {
    context.terminal.writeError(`secret to be provided as a file: ${name}\n`)
  }
  for (const id of exported.left_out) {
    context.terminal.writeError(`left out, it has no secret: ${id}\n`)
  }
  return exitCodes.ok
}

/** As their endpoints file: one without any secret is not among them. */
export async function readControlledEndpoints(settings: Settings): Promise<Endpoint[]> {
  const { body } = await AdminClient.of(settings).get('/endpoints-file')
  const reading = parseEndpoints(JSON.stringify(body['file']), settings.mode)
  if (reading.ok) return reading.endpoints
  throw new Error(`the API gave endpoints with mistakes: ${reading.problems.join('; ')}`)
}

export async function armControlledEndpoint(
  settings: Settings,
  id: string,
  until: string,
): Promise<void> {
  const client = AdminClient.of(settings)
  const { body } = await client.get(endpointPath(id))
  const { tenant_id: tenantId, definition } = body as { tenant_id: string; definition: object }
  const armed = { ...definition, verify_armed_until: until }
  await client.put(endpointPath(id), { tenant_id: tenantId, definition: armed })
}

async function readText(file: string): Promise<string> {
  return (await readArgumentFile(file)).toString('utf8')
}

async function readJson(file: string): Promise<object> {
  const text = await readText(file)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // The parser quotes the file; what is wrong is the same for all.
  }
  throw new UsageError(`${file} must hold one JSON object`)
}
