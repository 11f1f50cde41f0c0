// `fleet doctor`: looks at everything at once and prints what it saw.

import { FleetError, messageOf } from '@fleet/runtime'
import { exitCodes, UnreachableError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'
import { guarded, unwell } from './check.ts'
import type { Check } from './check.ts'
import { kafkaChecks } from './kafka-checks.ts'
import { endpointChecks, nodeCheck, provenanceCheck } from './local-checks.ts'
import { registryChecks } from './registry-checks.ts'
import { serviceChecks } from './service-checks.ts'
import { redisChecks } from './view-checks.ts'

export async function doctorVerb(context: Context): Promise<ExitCode> {
  const settings = readSettings()
  const { checks, isKafkaThere } = await examine(context, settings)
  const ok = checks.every(check => check.ok)
  if (context.json) printJson(context, { ok, checks })
  else context.terminal.write(render(context, checks))
  if (!isKafkaThere) return exitCodes.unreachable
  return ok ? exitCodes.ok : exitCodes.failed
}

async function examine(
  context: Context,
  settings: Settings,
): Promise<{ checks: Check[]; isKafkaThere: boolean }> {
  const [local, kafka, registry, redis, services] = await Promise.all([
    localChecks(context, settings),
    brokerChecks(context, settings),
    registryChecks(settings),
    redisChecks(settings),
    serviceChecks(settings),
  ])
  const checks = [...local, ...kafka.checks, ...registry, ...redis, ...services]
  return { checks, isKafkaThere: kafka.isThere }
}

async function localChecks(context: Context, settings: Settings): Promise<Check[]> {
  const nowMs = context.clock.wallMs()
  return [
    nodeCheck(process.versions.node),
    ...(await guarded('provenance keys', 'DEMO=0 make up', () => provenanceCheck(settings, nowMs))),
    ...(await guarded(
      'endpoints',
      'correct the endpoints file; until then the services keep the last good one',
      () => endpointChecks(settings),
    )),
  ]
}

async function brokerChecks(
  context: Context,
  settings: Settings,
): Promise<{ checks: Check[]; isThere: boolean }> {
  try {
    const checks = await withKafka(context, settings, kafka =>
      kafkaChecks(context, settings, kafka),
    )
    return { checks, isThere: true }
  } catch (error) {
    const isRefused = error instanceof FleetError && error.fate === 'fatal'
    const remedy = isRefused
      ? 'docs/security.md says how a service gets its user and its rights'
      : 'DEMO=0 make up; if it stays so, make logs SERVICE=kafka'
    const check = unwell('kafka', messageOf(error), remedy)
    return { checks: [check], isThere: !(error instanceof UnreachableError) }
  }
}

export function render({ terminal }: Context, checks: readonly Check[]): string {
  const { bold, green, red } = terminal.colors
  const rows = checks.map(({ name, ok, detail }) => [ok ? green('ok') : red('WRONG'), name, detail])
  const wrong = checks.filter(check => !check.ok)
  const lines = [table(terminal, ['', 'check', 'what was seen'], rows)]
  const open = checks.filter(({ ok, remedy }) => ok && remedy !== null)
  if (wrong.length > 0) {
    lines.push(bold('What to do:'))
    lines.push(...wrong.map(({ name, remedy }) => `  ${name}: ${remedy ?? 'look at its log'}`))
  } else if (open.length > 0) lines.push(green('Everything runs.'))
  else lines.push(green('Everything is well.'))
  if (open.length > 0) {
    lines.push(bold('To look at:'))
    lines.push(...open.map(({ name, detail, remedy }) => `  ${name}: ${detail} (${remedy})`))
  }
  return `${lines.join('\n')}\n`
}
