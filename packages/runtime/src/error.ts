// What becomes of a failure. Every error of ours says so itself; a foreign one is classified here.

/**
 * `transient`: wait and try again, in order. `poison`: this record never works, dead-letter it.
 * `fatal`: this process is wrong, stop it and let it be restarted.
 */
export type Fate = 'transient' | 'poison' | 'fatal'

export class FleetError extends Error {
  readonly code: string
  readonly fate: Fate

  constructor(code: string, fate: Fate, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'FleetError'
    this.code = code
    this.fate = fate
  }
}

const transientSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** The fate of anything that was thrown. Total: what is unknown is poison, so that no record blocks. */
export function fateOf(error: unknown): Fate {
  if (error instanceof FleetError) return error.fate
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    if (transientSystemCodes.has(error.code)) return 'transient'
  }
  return 'poison'
}

/** Code of anything that was thrown; INTERNAL for what is not ours. */
export function codeOf(error: unknown): string {
  return error instanceof FleetError ? error.code : 'INTERNAL'
}

/** Message of anything that was thrown, for a log line or a dead letter. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Messages of the cause chain, outermost first, at most eight. */
export function causesOf(error: unknown): string[] {
  const causes: string[] = []
  let at = error instanceof Error ? error.cause : undefined
  while (at !== undefined && at !== null && causes.length < 8) {
    causes.push(messageOf(at))
    at = at instanceof Error ? at.cause : undefined
  }
  return causes
}
