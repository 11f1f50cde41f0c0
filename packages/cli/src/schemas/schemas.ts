// `fleet schemas check` and `fleet schemas register`.

import { checkSchemas, registerSchemas } from '@fleet/codec'
import type { SubjectStatus } from '@fleet/codec'
import { allTopics } from '@fleet/contracts'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withRegistry } from '../registry.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

export function checkSchemasVerb(context: Context): Promise<ExitCode> {
  return show(context, url => checkSchemas(url, allTopics))
}

export function registerSchemasVerb(context: Context): Promise<ExitCode> {
  return show(context, url => registerSchemas(url, allTopics))
}

async function show(
  context: Context,
  work: (registryUrl: string) => Promise<SubjectStatus[]>,
): Promise<ExitCode> {
  const { registryUrl } = readSettings()
  const subjects = await withRegistry(registryUrl, () => work(registryUrl))
  if (context.json) printJson(context, { subjects })
  else context.terminal.write(render(context, subjects))
  return subjects.every(subject => subject.compatible) ? exitCodes.ok : exitCodes.failed
}

function render({ terminal }: Context, subjects: readonly SubjectStatus[]): string {
  const { green, red, dim } = terminal.colors
  const rows = subjects.map(({ name, version, id, compatible, reason }) => [
    name,
    version ?? dim('not registered'),
    id ?? '-',
    compatible ? green('yes') : red(`no: ${reason ?? 'unknown reason'}`),
  ])
  return table(terminal, ['subject', 'version', 'id', 'compatible'], rows)
}
