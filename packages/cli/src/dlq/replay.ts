// `fleet dlq replay`: plans, starts or goes on with a replay, and says how far it is.

import { readFile } from 'node:fs/promises'
import type { Patch, Replayer, ReplayProgress, ReplayRequest, ReplayStarted } from '@fleet/dlq'
import { fateOf, messageOf } from '@fleet/runtime'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { actorName, withDeadLetters } from './dead-letters.ts'
import { readFilter, refuseEverything } from './filter.ts'
import type { FilterOptions } from './filter.ts'
import { wholeNumber } from './list.ts'

export interface ReplayOptions {
  dryRun: boolean
  rate: string
  reason?: string
  patch?: string
  body?: string
  includeDiscarded: boolean
  again: boolean
  all: boolean
  resume?: string
}

const progressEveryMs = 1000

export async function replayLetters(
  context: Context,
  ids: readonly string[],
  options: FilterOptions & ReplayOptions,
): Promise<ExitCode> {
  if (options.resume !== undefined && (options.dryRun || ids.length > 0)) {
    throw new UsageError('--resume goes on as the replay began: without ids and without --dry-run')
  }
  const request = options.resume === undefined ? await requestOf(ids, options) : null
  const progress = await withDeadLetters(context, async ({ openAppender, openReplayer }) => {
    const replayer = await openReplayer(await openAppender())
    const onProgress = showing(context)
    if (options.dryRun && request !== null) return replayer.plan(request, onProgress)
    const started = await startOf(replayer, request, options.resume ?? '')
    return run(context, replayer, started, onProgress)
  })
  if (context.json) printJson(context, { dry_run: options.dryRun, ...progress })
  else show(context, progress, options.dryRun)
  const nothing = progress.matched === 0 && ids.length > 0
  return progress.refused > 0 || nothing ? exitCodes.failed : exitCodes.ok
}

async function requestOf(
  ids: readonly string[],
  options: FilterOptions & ReplayOptions,
): Promise<ReplayRequest> {
  const filter = readFilter(options, ids)
  refuseEverything(filter, options.all)
  const patch = await readPatch(options)
  if (patch !== null && ids.length !== 1) {
    throw new UsageError('--patch and --body are for one letter, named by its id')
  }
  return {
    filter,
    by: actorName(),
    reason: options.reason ?? null,
    ratePerSecond: wholeNumber('--rate', options.rate),
    includeDiscarded: options.includeDiscarded,
    again: options.again,
    patch,
  }
}

async function readPatch({ patch, body }: ReplayOptions): Promise<Patch | null> {
  if (patch !== undefined && body !== undefined) throw new UsageError('--patch or --body, not both')
  if (body !== undefined) {
    return { kind: 'body', base64: (await read(body)).toString('base64') }
  }
  if (patch === undefined) return null
  try {
    return { kind: 'merge-patch', document: JSON.parse((await read(patch)).toString('utf8')) }
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${patch} is not JSON`)
    throw error
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new UsageError(`${file} can not be read: ${messageOf(error)}`)
  }
}

async function startOf(
  replayer: Replayer,
  request: ReplayRequest | null,
  replayId: string,
): Promise<ReplayStarted> {
  if (request !== null) return replayer.start(request)
  const started = await replayer.find(replayId)
  if (started === null) throw new UsageError(`there is no replay ${replayId}`)
  return started
}

async function run(
  { terminal }: Context,
  replayer: Replayer,
  started: ReplayStarted,
  onProgress: (progress: ReplayProgress) => void,
): Promise<ReplayProgress> {
  terminal.writeError(`replay ${started.replay_id}\n`)
  try {
    return await replayer.run(started, onProgress)
  } catch (error) {
    if (fateOf(error) === 'transient') {
      terminal.writeError(`go on with: fleet dlq replay --resume ${started.replay_id}\n`)
    }
    throw error
  }
}

function showing({ terminal, clock }: Context): (progress: ReplayProgress) => void {
  let shownMs = clock.elapsedMs()
  return ({ sent, refused }) => {
    if (clock.elapsedMs() - shownMs < progressEveryMs) return
    shownMs = clock.elapsedMs()
    terminal.writeError(`${sent} sent, ${refused} refused\n`)
  }
}

function show({ terminal }: Context, progress: ReplayProgress, isDryRun: boolean): void {
  const { matched, sent, refused, refused_letters: letters } = progress
  const done = isDryRun ? 'would be sent' : 'sent'
  terminal.write(`${matched} letters: ${sent} ${done}, ${refused} refused.\n`)
  for (const { letter_id, code, message } of letters) {
    terminal.write(`${terminal.colors.red(code)} ${letter_id}: ${message}\n`)
  }
}
