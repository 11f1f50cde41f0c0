// Every refusal the edge can answer, as application/problem+json. The texts are fixed: nothing of the
// request goes into them, so that no answer can carry a secret or a piece of a body.

const problems = {
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    detail: 'The request is not valid HTTP/1.1, or its headers are larger than 16 KiB.',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    detail: 'No enabled endpoint accepts this delivery with this signature at this time.',
  },
  no_route: {
    status: 404,
    title: 'No such route',
    detail: 'Deliveries go to /v1/hooks/{endpoint_id}, without a trailing slash.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This route does not take this method; the Allow header lists those it takes.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    detail: 'The request did not arrive completely in time.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    detail: 'The body is larger than this endpoint takes.',
  },
  unsupported_encoding: {
    status: 415,
    title: 'Unsupported content encoding',
    detail: 'Send the body as it was signed: without Content-Encoding, or with identity.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'More deliveries than allowed; repeat this one after Retry-After seconds.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    detail: 'The delivery may not have been stored; repeat it after Retry-After seconds.',
  },
} as const

export type ProblemCode = keyof typeof problems

export const problemCodes = Object.keys(problems) as ProblemCode[]

export const problemContentType = 'application/problem+json'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
}

export function problemOf(code: ProblemCode): Problem {
  const { status, title, detail } = problems[code]
  return { type: `urn:fleet:problem:${code}`, title, status, detail, code }
}
