// An answer of any length, one JSON object a line: no more is held than the line that is being written,
// and whoever stops reading stops what is read for him.

import { once } from 'node:events'
import type { Request, Response } from 'express'
import type { Answer } from './operation.ts'

export type Lines = Extract<Answer, { readonly lines: AsyncGenerator<object> }>

/** Newline-delimited JSON; it has no registered media type. */
export const linesType = 'application/x-ndjson'

/** What fails before the first line is answered as a refusal; later the connection is cut. */
export async function sendLines(
  request: Request,
  response: Response,
  { status, lines }: Lines,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    let next = await lines.next()
    response.status(status).set('content-type', linesType)
    while (next.done !== true && request.method !== 'HEAD' && !response.destroyed) {
      const isRoomLeft = response.write(`${JSON.stringify(next.value)}\n`)
      if (!isRoomLeft) await once(response, 'drain', { signal: gone.signal })
      next = await lines.next()
    }
    response.end()
  } catch (error) {
    if (!gone.signal.aborted) throw error
  } finally {
    await lines.return(undefined)
  }
}
