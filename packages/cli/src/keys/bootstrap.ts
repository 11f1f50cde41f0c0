// `fleet keys bootstrap`: the first admin key, made beside the API by whoever can reach Kafka and the
// master key. Does nothing where there is one.

import { resolveSecret } from '@fleet/config'
import { ControlPlane, MasterKeys } from '@fleet/control'
import { silentLogger } from '@fleet/telemetry'
import type { JsonObject } from '@fleet/sources'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { readEndpoints, readEndpointsText, readSettings } from '../settings.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

export async function bootstrapKey(
  context: Context,
  { withEndpoints }: { withEndpoints: boolean },
): Promise<ExitCode> {
  const settings = readSettings()
  const { controlKeyRef, dataDir, mode, environment, apiKeyRotateDays } = settings
  if (settings.controlPlane === 'off') {
    throw new UsageError('the control plane is off; set FLEET_CONTROL_PLANE=on')
  }
  const masterKeys = (): MasterKeys =>
    MasterKeys.parse(resolveSecret(controlKeyRef, dataDir, mode).toString('utf8'))
  let file: JsonObject | null = null
  if (withEndpoints) {
    await readEndpoints(settings)
    file = JSON.parse(await readEndpointsText(settings.endpointsFile)) as JsonObject
  }
  const key = await withKafka(context, settings, async ({ broker }) => {
    const { clock, ids } = context
    const plane = new ControlPlane({
      broker,
      environment,
      mode,
      rotateDays: apiKeyRotateDays,
      masterKeys,
      clock,
      ids,
      logger: silentLogger,
    })
    try {
      return await plane.bootstrap('first admin key', file)
    } finally {
      await plane.close()
    }
  })
  if (context.json) printJson(context, { made: key !== null, key })
  else if (key === null) context.terminal.writeError('There is an admin key already.\n')
  else {
    context.terminal.write(`${key}\n`)
    context.terminal.writeError('The first admin key: shown this once, keep it safe.\n')
  }
  return exitCodes.ok
}
