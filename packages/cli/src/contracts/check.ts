// `fleet contracts check`: what would break which consumer, and whom to ask. It reads files only.

import { incompatibilities } from '@fleet/codec'
import {
  catalogOf,
  checkDeclarations,
  deprecationProblems,
  eventTypeVocabulary,
  readDeclaration,
  readDeclarations,
  readSchemas,
  recordNameOf,
  releasedHistory,
  removalProblems,
} from '@fleet/contract-kit'
import type { Declaration, Finding, RecordSchemas } from '@fleet/contract-kit'
import { allTopics } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { knownEventTypes } from '@fleet/sources'

import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readArgumentFile } from '../read-file.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

export interface CheckOptions {
  schema?: string
  consumer?: string
}

interface Report {
  ok: boolean
  /** Record of the proposed schema; null without one. */
  proposed: string | null
  consumers: string[]
  findings: Finding[]
  /** Whoever reads it: compatibility of the proposed schema, deprecations, what went too early. */
  problems: string[]
}

type Declarations = ReturnType<typeof readDeclarations>

export async function checkContracts(
  context: Context,
  { schema, consumer }: CheckOptions,
): Promise<ExitCode> {
  const today = new Date(context.clock.wallMs()).toISOString().slice(0, 10)
  const proposedText = schema === undefined ? null : String(await readArgumentFile(schema))
  const consumerText = consumer === undefined ? '' : String(await readArgumentFile(consumer))
  const own = (): Declarations =>
    consumer === undefined ? readDeclarations() : [readDeclaration(consumer, consumerText)]
  const report = asUsage(() => {
    const isAlone = consumer !== undefined && proposedText === null
    return reportOf(proposedText, own(), { today, isAlone })
  })
  if (context.json) printJson(context, report)
  else show(context, report)
  return report.ok ? exitCodes.ok : exitCodes.failed
}

/** `isAlone`: a declaration is looked at, and the schemas are only what it is held against. */
function reportOf(
  proposedText: string | null,
  read: Declarations,
  { today, isAlone }: { today: string; isAlone: boolean },
): Report {
  const proposed = proposedText === null ? null : recordNameOf(proposedText)
  const schemas = readSchemas(proposedText)
  const declarations = read
    .map(({ declaration }) => (proposed === null ? declaration : only(declaration, proposed)))
    .filter(({ reads }) => reads.length > 0)
  const catalog = catalogOf(schemas, eventTypeVocabulary(knownEventTypes), today)
  const findings = checkDeclarations(declarations, catalog)
  const problems = isAlone ? [] : problemsOf(proposed, schemas, today)
  const ok = problems.length === 0 && findings.every(({ severity }) => severity !== 'error')
  const consumers = declarations.map(each => each.consumer)
  return { ok, proposed, consumers, findings, problems }
}

/** A proposal is judged by those it concerns. */
function only(declaration: Declaration, record: string): Declaration {
  const topics = allTopics.filter(topic => topic.schema === record).map(({ name }) => name)
  return { ...declaration, reads: declaration.reads.filter(({ topic }) => topics.includes(topic)) }
}

/** Of the proposal, or of all schemas without one; what went is looked for in all of them. */
function problemsOf(
  proposed: string | null,
  schemas: ReadonlyMap<string, RecordSchemas>,
  today: string,
): string[] {
  const candidates = [...schemas].map(
    ([record, each]) => ({ record, text: each.proposed ?? each.current, ...each }) as const,
  )
  const judged = candidates.filter(({ record }) => proposed === null || record === proposed)
  const current = new Map(candidates.map(({ record, text }) => [record, text] as const))
  return [
    ...judged.flatMap(({ text, released }) => incompatible(text, released)),
    ...judged.flatMap(({ text, released }) => deprecationProblems(text, today, released)),
    ...removalProblems({ released: releasedHistory(), current, today }),
  ]
}

function incompatible(text: string, released: RecordSchemas['released']): string[] {
  return released.flatMap(({ version, text: earlier }) =>
    incompatibilities(text, earlier).map(problem => `against version ${version}: ${problem}`),
  )
}

/** What the caller wrote can't be read: running it again changes nothing. */
function asUsage(work: () => Report): Report {
  try {
    return work()
  } catch (error) {
    const isInvalid = error instanceof FleetError && error.code === 'CONTRACT_INVALID'
    throw isInvalid ? new UsageError(error.message) : error
  }
}

function show(
  { terminal }: Context,
  { ok, proposed, consumers, findings, problems }: Report,
): void {
  const { red, yellow, green, bold, dim } = terminal.colors
  for (const problem of problems) terminal.write(`${red('error')} ${problem}\n`)
  for (const finding of findings) {
    const { severity, code, consumer, topic, field, against, message, owner, contact } = finding
    const word = severity === 'error' ? red(severity) : yellow(severity)
    const at = field === '' ? topic : `${topic} ${field}`
    terminal.write(`${word} ${code} ${bold(consumer)}: ${at} ${dim(`(${against})`)}\n`)
    terminal.write(`  ${message} Talk to ${owner} (${contact}).\n`)
  }
  const what = proposed === null ? 'the schemas' : `the proposed ${proposed}`
  const verdict =
    consumers.length === 0
      ? `no declared consumer reads ${what}`
      : `nothing in ${what} breaks ${consumers.join(', ')}`
  if (ok) terminal.write(`${green('ok')} ${verdict}\n`)
}
