// The parsed content of a file that may change while the process runs. The first reading must
// succeed, or the process would judge records by nothing; later a bad file changes nothing and is
// only told.

import { watchFile } from '@fleet/config'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

export interface LiveFile<Content> {
  current(): Content
  close(): void
}

export interface LiveFileOptions {
  /** What the file is, for messages. */
  readonly title: string
  readonly path: string
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
}

/**
 * Shorter than the edge's, so that a new endpoint is known here before its first delivery arrives.
 */
const everyMs = 200

/** @throws FleetError CONFIG (fatal) when the file can't be read or `parse` throws. */
export function openLiveFile<Content>(
  parse: (text: string) => Content,
  { title, path, clock, logger }: LiveFileOptions,
): LiveFile<Content> {
  let content: { value: Content } | null = null
  let problem = ''
  const see = (text: string): void => {
    content = { value: parse(text) }
    logger.info({ event: 'file.loaded', file: title }, `${title} loaded`)
  }
  const onError = (error: unknown): void => {
    problem = messageOf(error)
    if (content !== null) {
      logger.error({ event: 'file.refused', file: title, problem }, `${title} kept as they were`)
    }
  }
  const close = watchFile(path, see, { clock, everyMs, onError })
  const first: { value: Content } | null = content
  if (first === null) {
    close()
    throw new FleetError('CONFIG', 'fatal', `can't read the ${title}: ${problem}`)
  }
  return { current: () => (content ?? first).value, close }
}
