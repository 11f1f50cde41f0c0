// `fleet ledger close` and `use-chart`: an instruction to the ledger, written to every partition in one
// transaction, and the wait until each has followed it in a transaction of its own.

import { monthOfMicros, topics, transactionalIdOf } from '@fleet/contracts'
import type { LedgerControl } from '@fleet/contracts'
import type { CommittedOffset } from '@fleet/kafka'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { registryCodec, withRegistry } from '../registry.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { userName } from '../user-name.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { awaitFollowers, changelogEnds } from './followers.ts'
import { closedOf, tenantsIn, unknownTenant } from './known-tenants.ts'
import type { LedgerMemory } from './ledger-memory.ts'
import type { CloseOptions, ControlOptions } from './options.ts'
import { readLedger, readMemories } from './read-ledger.ts'

const { ledgerControl } = topics

type Instruction = Pick<LedgerControl, 'kind' | 'tenant_id' | 'period' | 'chart_version'>

export async function closeVerb(
  context: Context,
  period: string,
  options: CloseOptions,
): Promise<ExitCode> {
  if (options.reason.trim() === '') throw new UsageError('--reason must say why')
  if (period >= monthOfMicros(context.clock.wallMs() * 1000)) {
    throw new UsageError(`${period} is not over yet; what is closed can not be opened again`)
  }
  const { tenant } = options
  const instruction = { kind: 'CLOSE_PERIOD', tenant_id: tenant, period, chart_version: null }
  const isFollowed = (memory: LedgerMemory): boolean => (memory.closed.get(tenant) ?? '') >= period
  const closedThrough = await closedThroughNow(context, options)
  // An earlier month changes nothing: what was closed stays closed.
  const through = closedThrough > period ? closedThrough : period
  return instruct(context, instruction, options, isFollowed, { closed_through: through })
}

/**
 * The month through which the tenant is closed in all partitions; empty: none so far.
 * @throws UsageError for a tenant that the ledger does not know: closing can not be undone, and its first
 *   entries would be posted to another month.
 */
async function closedThroughNow(
  context: Context,
  { tenant, newTenant }: CloseOptions,
): Promise<string> {
  const settings = readSettings()
  const memories = await withKafka(context, settings, async kafka => {
    const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
    try {
      return (await readMemories(kafka, reader, context.stopping)).map(({ memory }) => memory)
    } finally {
      await reader.close().catch(() => {})
    }
  })
  const isKnown =
    newTenant ||
    memories.some(memory => memory.names(tenant)) ||
    // All its entries may await their amount, of which the memory keeps no sums.
    tenantsIn(await readLedger(context, settings)).has(tenant)
  if (!isKnown) throw new UsageError(`${unknownTenant(tenant)}; if it is right, say --new-tenant`)
  return closedOf(memories).find(({ tenant_id }) => tenant_id === tenant)?.period ?? ''
}

export async function useChartVerb(
  context: Context,
  version: string,
  options: ControlOptions,
): Promise<ExitCode> {
  const instruction = { kind: 'USE_CHART', tenant_id: null, period: null, chart_version: version }
  // The version alone says nothing: refused, it may be in use all the same.
  const isFollowed = ({ chart }: LedgerMemory, offset: number): boolean =>
    chart?.version === version && (chart.offset ?? -1) >= offset
  return instruct(context, instruction, options, isFollowed)
}

async function instruct(
  context: Context,
  instruction: Instruction,
  { reason, wait }: ControlOptions,
  isFollowed: (memory: LedgerMemory, offset: number) => boolean,
  { closed_through }: { closed_through: string | null } = { closed_through: null },
): Promise<ExitCode> {
  const settings = readSettings()
  const control: LedgerControl = {
    control_id: context.ids.uuid(),
    ...instruction,
    reason: reason ?? null,
    requested_by: userName(),
    requested_at: context.clock.wallMs() * 1000,
  }
  const { followed, partitions } = await withKafka(context, settings, async kafka => {
    const from = await changelogEnds(kafka)
    const written = await writeToAll(context, settings, kafka, control)
    const followers = await awaitFollowers(context, kafka, { from, written, wait, isFollowed })
    return { followed: followers, partitions: written.length }
  })
  const ok = followed === partitions
  const { control_id, kind, tenant_id, period, chart_version } = control
  const what = { control_id, kind, tenant_id, period, closed_through, chart_version }
  const report = { ok, ...what, partitions, followed }
  if (context.json) printJson(context, report)
  else say(context, report)
  return ok ? exitCodes.ok : exitCodes.failed
}

/** All partitions or none: half a closed month would be none. */
async function writeToAll(
  { clock }: Context,
  settings: Settings,
  { admin, broker }: Kafka,
  control: LedgerControl,
): Promise<CommittedOffset[]> {
  const [described] = await admin.describeTopics([ledgerControl.name], { config: false })
  if (described === null || described === undefined) {
    throw new UsageError(`${ledgerControl.name} does not exist; run: fleet topics apply`)
  }
  const value = await withRegistry(settings.registryUrl, async () => {
    const codec = await registryCodec(settings.registryUrl, clock)
    await codec.load([ledgerControl])
    return codec.encode(ledgerControl, control)
  })
  const transactionalId = transactionalIdOf(settings.environment, ledgerControl.logical, 0)
  const writer = await broker.openWriter({ transactionalId })
  try {
    return await writer.commit(
      Array.from({ length: described.partitions }, (_, partition) => ({
        topic: ledgerControl.name,
        partition,
        key: control.tenant_id ?? '*',
        value,
      })),
    )
  } finally {
    await writer.close().catch(() => {})
  }
}

function say(
  { terminal }: Context,
  report: { ok: boolean; kind: string; tenant_id: string | null; period: string | null } & {
    closed_through: string | null
    chart_version: string | null
    partitions: number
    followed: number
  },
): void {
  const { green, yellow } = terminal.colors
  const { kind, tenant_id, period, closed_through, chart_version, partitions, followed } = report
  const before = closed_through === period ? '' : `: ${period} was closed before`
  const what =
    kind === 'CLOSE_PERIOD'
      ? `${tenant_id} is closed through ${closed_through}${before}`
      : `entries are booked by chart ${chart_version}`
  if (report.ok) {
    terminal.write(`${green('ok')} ${what}, in all ${partitions} partitions\n`)
    return
  }
  terminal.write(
    `${yellow('written')} and followed by ${followed} of ${partitions} partitions so far: ` +
      'is the accounting-sink running?\n',
  )
}
