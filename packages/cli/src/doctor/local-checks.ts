// What can be seen without the network: Node, keys, endpoints and their secrets.

import { readFile } from 'node:fs/promises'
import { resolveSecret } from '@fleet/config'
import { messageOf } from '@fleet/runtime'
import { ProvenanceKeyRing } from '@fleet/signatures'
import { secretProblem } from '@fleet/sources'
import { readEndpoints } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { listOf, unwell, well } from './check.ts'
import type { Check } from './check.ts'

const dayMs = 24 * 3600 * 1000
/** Time to add a key before the ingesters can no longer accept anything. */
const signingDaysMin = 7

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > 20 || (major === 20 && minor >= 19)
  const seen = `Node ${version}`
  return isEnough ? well('node', seen) : unwell('node', seen, 'install Node 20.19 or newer')
}

export async function provenanceCheck(settings: Settings, nowMs: number): Promise<Check[]> {
  const name = 'provenance keys'
  const ring = ProvenanceKeyRing.parse(await readFile(settings.provenanceKeysFile, 'utf8'))
  const current = signingKeyAt(ring, nowMs)
  if (current === null) {
    return [unwell(name, 'no key may sign now: every delivery is answered 503', addKey(settings))]
  }
  if (signingKeyAt(ring, nowMs + signingDaysMin * dayMs) === null) {
    const detail = `${current} signs now, but no key in ${signingDaysMin} days`
    return [unwell(name, detail, addKey(settings))]
  }
  return [well(name, `${current} signs now, and some key still in ${signingDaysMin} days`)]
}

function signingKeyAt(ring: ProvenanceKeyRing, atMs: number): string | null {
  try {
    return ring.sign(atMs, '', Buffer.alloc(0)).keyId
  } catch {
    return null
  }
}

function addKey({ provenanceKeysFile }: Settings): string {
  return `add a key that may sign from now on to ${provenanceKeysFile}`
}

export async function endpointChecks(settings: Settings): Promise<Check[]> {
  const endpoints = await readEndpoints(settings)
  const problems: string[] = []
  for (const endpoint of endpoints) {
    for (const { ref } of endpoint.secrets) {
      try {
        const key = resolveSecret(ref, settings.dataDir, settings.mode)
        const problem = secretProblem(endpoint, key)
        if (problem !== null) problems.push(`${endpoint.id}: ${ref} verifies nothing: ${problem}`)
      } catch (error) {
        problems.push(`${endpoint.id}: ${messageOf(error)}`)
      }
    }
  }
  if (problems.length > 0) {
    const remedy = 'put each secret where its reference points (make up makes those of the demo)'
    return [unwell('endpoints', listOf(problems), remedy)]
  }
  const active = endpoints.filter(({ enabled }) => enabled).length
  return [well('endpoints', `${active} enabled of ${endpoints.length}, all secrets readable`)]
}
