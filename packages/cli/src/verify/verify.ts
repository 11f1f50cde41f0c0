// `fleet verify`: reads the evidence, judges it, shows the result. Repeats while records are pending and
// time is left.

import { readFile } from 'node:fs/promises'
import { topics } from '@fleet/contracts'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'

import { endpointsInForce } from '../endpoints-in-force.ts'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { registryCodec, withRegistry } from '../registry.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { table } from '../terminal.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { judgePartition } from './compare.ts'
import type { PartitionJudgement, PartitionReport, Totals, Violation } from './compare.ts'
import { countPartitions, readEvidence } from './read-evidence.ts'

interface VerifyReport {
  ok: boolean
  totals: Totals
  partitions: PartitionReport[]
  violations: Violation[]
}

const againMs = 500
/** More would not be read; the first ones name what to look at. */
const violationsShownMax = 100

export async function verifyVerb(context: Context, waitMs: number): Promise<ExitCode> {
  const report = await verify(context, readSettings(), waitMs)
  if (context.json) printJson(context, report)
  else show(context, report)
  return report.ok ? exitCodes.ok : exitCodes.failed
}

async function verify(
  context: Pick<Context, 'clock' | 'stopping'>,
  settings: Settings,
  waitMs: number,
): Promise<VerifyReport> {
  const keyRing = await readKeyRing(settings)
  const { clock, stopping } = context
  const endsAtMs = clock.elapsedMs() + waitMs
  return withKafka(context, settings, kafka =>
    withRegistry(settings.registryUrl, async () => {
      const model = {
        windowHours: settings.dedupeWindowHours,
        skewSeconds: settings.maxSkewSeconds,
        horizonDays: settings.stateHorizonDays,
        endpoints: await endpointsInForce(context, settings, kafka.broker),
        platform,
      }
      const codec = await registryCodec(settings.registryUrl, clock)
      const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
      const sources = { admin: kafka.admin, reader, codec, keyRing, stopping }
      try {
        for (;;) {
          const judged: PartitionJudgement[] = []
          const count = await countPartitions(sources)
          for (let partition = 0; partition < count && !stopping.aborted; partition++) {
            judged.push(judgePartition(await readEvidence(sources, partition, count), model))
          }
          const report = sum(judged)
          const isFinal = report.totals.pending === 0 || clock.elapsedMs() >= endsAtMs
          if (isFinal || stopping.aborted) return report
          await clock.sleep(againMs, stopping)
        }
      } finally {
        await reader.close().catch(() => {})
      }
    }),
  )
}

function sum(judged: readonly PartitionJudgement[]): VerifyReport {
  const partitions = judged.map(({ report }) => report)
  const violations = judged.flatMap(partition => inLogOrder(partition.violations))
  const total = (name: keyof Totals): number =>
    partitions.reduce((all, part) => all + part[name], 0)
  const totals = {
    raw: total('raw'),
    published: total('published'),
    duplicates: total('duplicates'),
    dead_letters: total('dead_letters'),
    pending: total('pending'),
  }
  const accounted = totals.published + totals.duplicates + totals.dead_letters
  const ok = violations.length === 0 && totals.pending === 0 && accounted === totals.raw
  return { ok, totals, partitions, violations: violations.slice(0, violationsShownMax) }
}

/** Of one partition: raw, whose records come first, then each topic that was written from it. */
function inLogOrder(violations: readonly Violation[]): Violation[] {
  const places = [topics.raw.name, ...new Set(violations.map(({ topic }) => topic))]
  return violations.toSorted(
    (left, right) =>
      places.indexOf(left.topic) - places.indexOf(right.topic) || left.offset - right.offset,
  )
}

async function readKeyRing({ provenanceKeysFile }: Settings): Promise<ProvenanceKeyRing> {
  let text: string
  try {
    text = await readFile(provenanceKeysFile, 'utf8')
  } catch {
    throw new UsageError(
      `the provenance keys can not be read from ${provenanceKeysFile}. Set FLEET_PROVENANCE_KEYS_FILE, or run: make up`,
    )
  }
  return ProvenanceKeyRing.parse(text)
}

function show({ terminal }: Context, report: VerifyReport): void {
  const { green, red, bold } = terminal.colors
  const row = ({ raw, published, duplicates, dead_letters, pending }: Totals): number[] => [
    raw,
    published,
    duplicates,
    dead_letters,
    pending,
  ]
  terminal.write(
    table(
      terminal,
      ['partition', 'raw', 'published', 'duplicates', 'dead letters', 'pending'],
      [
        ...report.partitions.map(part => [String(part.partition), ...row(part)]),
        [bold('all'), ...row(report.totals)],
      ],
    ),
  )
  for (const { rule, topic, partition, offset, detail } of report.violations) {
    terminal.write(`${red(rule)} ${topic}-${partition}@${offset}: ${detail}\n`)
  }
  if (report.violations.length === violationsShownMax) {
    terminal.write(`these are the first ${violationsShownMax}; there may be more\n`)
  }
  if (report.ok) {
    terminal.write(
      `${green('ok')} every raw record ended exactly once, as decided again from raw\n`,
    )
  } else if (report.violations.length === 0) {
    const { pending } = report.totals
    terminal.write(`${red('pending')} ${pending} records are not processed yet; try: --wait 30\n`)
  }
}
