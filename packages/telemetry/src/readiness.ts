// What GET /ready says: ready when every check is `ok`, else the reasons.

export type Checks = Record<string, string>

export interface Readiness {
  readonly status: 200 | 503
  readonly body: { readonly ready: boolean; readonly checks: Checks }
}

export function readinessOf(checks: Checks): Readiness {
  const ready = Object.values(checks).every(reason => reason === 'ok')
  return { status: ready ? 200 : 503, body: { ready, checks } }
}
