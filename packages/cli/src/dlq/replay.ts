// `fleet dlq replay`: plans, starts or goes on with a replay, and says how far it is.

import type { Patch, Replayer, ReplayProgress, ReplayRequest, ReplayStarted } from '@fleet/dlq'
import { codeOf, fateOf } from '@fleet/runtime'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readArgumentFile } from '../read-file.ts'
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
  giveUp?: string
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
  if (options.giveUp !== undefined) return giveUp(context, options.giveUp, options, ids)
  const request = options.resume === undefined ? await requestOf(ids, options) : null
  const progress = await withDeadLetters(context, async ({ openAppender, openReplayer }) => {
    const replayer = await openReplayer(await openAppender())
    const onProgress = showing(context, options.dryRun)
    if (options.dryRun && request !== null) return replayer.plan(request, onProgress)
    const started = await startOf(replayer, request, options.resume ?? '')
    return run(context, replayer, started, onProgress, request !== null)
  })
  if (context.json) printJson(context, { dry_run: options.dryRun, ...progress })
  else show(context, progress, options.dryRun)
  const missing = missingOf(ids, progress)
  if (missing !== null) context.terminal.writeError(`${missing}\n`)
  return progress.refused > 0 || missing !== null ? exitCodes.failed : exitCodes.ok
}

/** Letters that were named and are not there; null: none of them. */
export function missingOf(
  ids: readonly string[],
  { matched }: Pick<ReplayProgress, 'matched'>,
): string | null {
  const named = new Set(ids).size
  if (matched >= named) return null
  const what =
    named === 1
      ? `There is no letter ${ids[0] ?? ''}`
      : `There are no such letters, ${named - matched} of the ${named} named`
  return `${what}: older than letters are kept, or left out by a filter.`
}

/** What it has sent stays sent; its other letters are open. Others need no longer wait for it. */
async function giveUp(
  context: Context,
  replayId: string,
  { resume, dryRun }: ReplayOptions,
  ids: readonly string[],
): Promise<ExitCode> {
  if (resume !== undefined || dryRun || ids.length > 0) {
    throw new UsageError('--give-up stands alone')
  }
  await withDeadLetters(context, async ({ openAppender, openReplayer }) => {
    const replayer = await openReplayer(await openAppender())
    const started = await startOf(replayer, null, replayId)
    if (!started.by.startsWith('cli:')) {
      throw new UsageError(
        `replay ${replayId} is of ${started.by}: the API goes on with it by itself`,
      )
    }
    await replayer.fail(started, undefined, 'GIVEN_UP')
  })
  if (context.json) printJson(context, { replay_id: replayId, given_up: true })
  else context.terminal.write(`replay ${replayId} is given up; what it had sent stays sent.\n`)
  return exitCodes.ok
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
    return { kind: 'body', base64: (await readArgumentFile(body)).toString('base64') }
  }
  if (patch === undefined) return null
  try {
    return {
      kind: 'merge-patch',
      document: JSON.parse((await readArgumentFile(patch)).toString('utf8')),
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${patch} is not JSON`)
    throw error
  }
}

async function startOf(
  replayer: Replayer,
  request: ReplayRequest | null,
  replayId: string,
): Promise<ReplayStarted> {
  if (request !== null) return replayer.start(request)
  const started = await replayer.find(replayId)
  if (started === null) throw new UsageError(`no replay ${replayId} is under way`)
  return started
}

async function run(
  { terminal }: Context,
  replayer: Replayer,
  started: ReplayStarted,
  onProgress: (progress: ReplayProgress) => void,
  isNew: boolean,
): Promise<ReplayProgress> {
  terminal.writeError(`replay ${started.replay_id}\n`)
  try {
    return await replayer.run(started, onProgress)
  } catch (error) {
    if (isNew && codeOf(error) === 'REPLAY_OVERLAPS') {
      // Begun at the same time as another, which is first: nobody must wait for this one.
      await replayer.fail(started, undefined, 'REPLAY_OVERLAPS')
    } else if (fateOf(error) === 'transient') {
      terminal.writeError(`go on with: fleet dlq replay --resume ${started.replay_id}\n`)
    }
    throw error
  }
}

function showing(
  { terminal, clock }: Context,
  isDryRun: boolean,
): (progress: ReplayProgress) => void {
  let shownMs = clock.elapsedMs()
  return ({ sent, refused }) => {
    if (clock.elapsedMs() - shownMs < progressEveryMs) return
    shownMs = clock.elapsedMs()
    terminal.writeError(`${sent} ${doneWord(isDryRun)}, ${refused} refused\n`)
  }
}

function doneWord(isDryRun: boolean): string {
  return isDryRun ? 'would be sent' : 'sent'
}

function show({ terminal }: Context, progress: ReplayProgress, isDryRun: boolean): void {
  const { matched, sent, refused, refused_letters: letters } = progress
  terminal.write(`${matched} letters: ${sent} ${doneWord(isDryRun)}, ${refused} refused.\n`)
  for (const { letter_id, code, message } of letters) {
    terminal.write(`${terminal.colors.red(code)} ${letter_id}: ${message}\n`)
  }
}
