// Problem documents (RFC 9457) of this service. They say what is wrong and never repeat what was sent.

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  /** What is wrong, one sentence each, where there may be several things. */
  problems?: readonly string[]
}

const titles = {
  malformed_request: [400, 'Malformed request'],
  unauthorized: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  not_found: [404, 'Not found'],
  no_route: [404, 'No such route'],
  method_not_allowed: [405, 'Method not allowed'],
  conflict: [409, 'Conflict'],
  precondition_failed: [412, 'Precondition failed'],
  body_too_large: [413, 'Body too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  invalid: [422, 'Invalid'],
  precondition_required: [428, 'Precondition required'],
  rate_limited: [429, 'Too many requests'],
  internal: [500, 'Internal error'],
  unavailable: [503, 'Unavailable'],
} as const

export type ProblemCode = keyof typeof titles

export function problem(
  code: ProblemCode,
  detail: string,
  problems: readonly string[] = [],
): Problem {
  const [status, title] = titles[code]
  const more = problems.length === 0 ? {} : { problems }
  return { type: `urn:fleet:problem:${code}`, title, status, detail, code, ...more }
}

/** Status of every code, for the OpenAPI document. */
export function statusOfProblem(code: ProblemCode): number {
  return titles[code][0]
}
