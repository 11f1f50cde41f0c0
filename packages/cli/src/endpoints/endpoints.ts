// `fleet endpoints list` and `fleet endpoints arm`.

import type { Endpoint } from '@fleet/sources'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { findEndpoint, readEndpoints, readEndpointsText, readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'
import { armedFile } from './armed-file.ts'
import { armControlledEndpoint, readControlledEndpoints } from './control.ts'
import { changeFile } from './change-file.ts'

/** An armed endpoint answers whoever asks first: it must not stay so for long. */
const minutesMax = 60

export async function listEndpoints(context: Context): Promise<ExitCode> {
  const endpoints = (await endpointsInForce(readSettings())).map(summary)
  if (context.json) printJson(context, { endpoints })
  else context.terminal.write(render(context, endpoints))
  return exitCodes.ok
}

export async function armEndpoint(
  context: Context,
  id: string,
  minutesText: string,
): Promise<ExitCode> {
  const minutes = Number(minutesText)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > minutesMax) {
    throw new UsageError(`--minutes must be a whole number from 1 to ${minutesMax}`)
  }
  const settings = readSettings()
  const endpoint = findEndpoint(await endpointsInForce(settings), id)
  if (endpoint.adapter !== 'smartcar') {
    throw new UsageError(`${id} is a ${endpoint.adapter} endpoint; only smartcar has challenges`)
  }
  const until = new Date(context.clock.wallMs() + minutes * 60_000).toISOString()
  if (settings.controlPlane === 'on') await armControlledEndpoint(settings, id, until)
  else {
    const { endpointsFile: file } = settings
    const armed = async (): Promise<string> => armedFile(await readEndpointsText(file), id, until)
    await changeFile(file, context.clock, armed)
  }
  if (context.json) printJson(context, { id, verify_armed_until: until })
  else {
    context.terminal.write(
      `${id} answers one unsigned challenge until ${until}. The ingester notices within 2 s.\n`,
    )
  }
  return exitCodes.ok
}

/** Of the file, or of the control plane when it is on. */
function endpointsInForce(settings: Settings): Promise<Endpoint[]> {
  return settings.controlPlane === 'on'
    ? readControlledEndpoints(settings)
    : readEndpoints(settings)
}

function summary(endpoint: Endpoint) {
  const { verifyArmedUntilMs } = endpoint
  return {
    id: endpoint.id,
    tenant_id: endpoint.tenantId,
    source: endpoint.source,
    adapter: endpoint.adapter,
    enabled: endpoint.enabled,
    secrets: endpoint.secrets.map(({ id, ref, notBeforeMs, notAfterMs }) => ({
      id,
      ref,
      not_before: timeText(notBeforeMs),
      not_after: timeText(notAfterMs),
    })),
    limits: { body_bytes: endpoint.limits.bodyBytes, per_second: endpoint.limits.perSecond },
    accepted_event_types: endpoint.acceptedEventTypes,
    on_id_conflict: endpoint.onIdConflict,
    verify_armed_until: timeText(verifyArmedUntilMs),
  }
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function secretText(secret: ReturnType<typeof summary>['secrets'][number]): string {
  const { id, ref, not_before: from, not_after: until } = secret
  const window = [from === null ? '' : `, from ${from}`, until === null ? '' : `, until ${until}`]
  return `${id} (${ref}${window.join('')})`
}

function render({ terminal }: Context, endpoints: readonly ReturnType<typeof summary>[]): string {
  const { green, red } = terminal.colors
  const head = ['endpoint', 'tenant', 'source', 'adapter', 'enabled', 'secrets', 'armed until']
  const rows = endpoints.map(endpoint => [
    endpoint.id,
    endpoint.tenant_id,
    endpoint.source,
    endpoint.adapter,
    endpoint.enabled ? green('yes') : red('no'),
    endpoint.secrets.map(secretText).join(' '),
    endpoint.verify_armed_until ?? '-',
  ])
  return table(terminal, head, rows)
}
