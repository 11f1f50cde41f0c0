// Every service of ours, by its own word on /ready.

import { localUrl } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { unwell, well } from './check.ts'
import type { Check } from './check.ts'

const answerMsMax = 3000

export function serviceChecks(settings: Settings): Promise<Check[]> {
  const ports = {
    ingester: settings.ingestPort,
    ...settings.healthPorts,
    api: settings.apiPort,
  }
  return Promise.all(
    Object.entries(ports).map(([name, port]) => serviceCheck(name, localUrl(settings, port))),
  )
}

export async function serviceCheck(service: string, url: string): Promise<Check> {
  const name = `service ${service}`
  let response: Response
  try {
    response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(answerMsMax) })
  } catch {
    const remedy = `DEMO=0 make up; if it ends again, make logs SERVICE=${service}`
    return unwell(name, `does not answer at ${url}`, remedy)
  }
  const checks = await readChecks(response)
  const reasons = Object.entries(checks).filter(([, reason]) => reason !== 'ok')
  if (response.ok && reasons.length === 0) return well(name, `ready at ${url}`)
  const list = reasons.map(([check, reason]) => `${check}: ${reason}`).join('; ')
  const detail = `not ready at ${url}: ${list === '' ? `status ${response.status}` : list}`
  return unwell(name, detail, `make logs SERVICE=${service}`)
}

async function readChecks(response: Response): Promise<Record<string, string>> {
  try {
    const body = (await response.json()) as { checks?: Record<string, unknown> }
    const checks = Object.entries(body.checks ?? {})
    return Object.fromEntries(checks.map(([name, reason]) => [name, String(reason)]))
  } catch {
    return {}
  }
}
