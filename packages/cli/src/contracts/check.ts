// `fleet contracts check`: what would break which consumer, and whom to ask. It reads files only.

import { incompatibilities } from '@fleet/codec'
import {
  catalogOf,
  checkDeclarations,
  deprecationProblems,
  eventTypeVocabulary,
  newestReleased,
  readDeclaration,
  readDeclarations,
  readSchemas,
  recordNameOf,
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
  /** Of the proposed schema, whoever reads it: compatibility and deprecations. */
  problems: string[]
}

export async function checkContracts(
  context: Context,
  { schema, consumer }: CheckOptions,
): Promise<ExitCode> {
  const today = new Date(context.clock.wallMs()).toISOString().slice(0, 10)
  const proposedText = schema === undefined ? null : String(await readArgumentFile(schema))
  const report = asUsage(() => reportOf(proposedText, consumer, today))
  if (context.json) printJson(context, report)
  else show(context, report)
  return report.ok ? exitCodes.ok : exitCodes.failed
}

function reportOf(
  proposedText: string | null,
  consumer: string | undefined,
  today: string,
): Report {
  const proposed = proposedText === null ? null : recordNameOf(proposedText)
  const schemas = readSchemas(proposedText)
  const read = consumer === undefined ? readDeclarations() : [readDeclaration(consumer)]
  const declarations = read
    .map(({ declaration }) => (proposed === null ? declaration : only(declaration, proposed)))
    .filter(({ reads }) => reads.length > 0)
  const catalog = catalogOf(schemas, eventTypeVocabulary(knownEventTypes), today)
  const findings = checkDeclarations(declarations, catalog)
  const problems = proposed === null ? [] : problemsOf(proposed, schemas, today)
  const ok = problems.length === 0 && findings.every(({ severity }) => severity !== 'error')
  const consumers = declarations.map(each => each.consumer)
  return { ok, proposed, consumers, findings, problems }
}

/** A proposal is judged by those it concerns. */
function only(declaration: Declaration, record: string): Declaration {
  const topics = allTopics.filter(topic => topic.schema === record).map(({ name }) => name)
  return { ...declaration, reads: declaration.reads.filter(({ topic }) => topics.includes(topic)) }
}

/** Compatibility with every released version, deprecations, and what a next major topic leaves out. */
function problemsOf(
  record: string,
  schemas: ReadonlyMap<string, RecordSchemas>,
  today: string,
): string[] {
  const { proposed = '', released = [] } = schemas.get(record) ?? {}
  const incompatible = released.flatMap(({ version, text }) =>
    incompatibilities(proposed, text).map(problem => `against version ${version}: ${problem}`),
  )
  const texts = released.map(({ text }) => text)
  const candidates = [...schemas].map(
    ([name, each]) => [name, each.proposed ?? each.current] as const,
  )
  const removal = { released: newestReleased(), current: new Map(candidates), today }
  return [...incompatible, ...deprecationProblems(proposed, texts), ...removalProblems(removal)]
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
  const who = consumers.length === 0 ? 'no declared consumer' : consumers.join(', ')
  if (ok) terminal.write(`${green('ok')} nothing in ${what} breaks ${who}\n`)
}
