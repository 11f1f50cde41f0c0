// Problem documents (RFC 9457) of this service. They say what is wrong and never repeat what was sent.

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
}

const titles = {
  malformed_request: [400, 'Malformed request'],
  not_found: [404, 'Not found'],
  no_route: [404, 'No such route'],
  method_not_allowed: [405, 'Method not allowed'],
  internal: [500, 'Internal error'],
  unavailable: [503, 'Unavailable'],
} as const

export type ProblemCode = keyof typeof titles

export function problem(code: ProblemCode, detail: string): Problem {
  const [status, title] = titles[code]
  return { type: `urn:fleet:problem:${code}`, title, status, detail, code }
}
