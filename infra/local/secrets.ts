// Makes the secrets of the demo endpoints and the provenance key at random, where there are none. What
// exists is never changed, so a restart keeps old signatures valid. Nothing here is ever printed.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { systemClock } from '@fleet/runtime'

import type { LocalSettings } from './settings.ts'

const dayMs = 86_400_000
const secretBytes = 32

interface DemoEndpoint {
  readonly id: string
  readonly adapter: string
  readonly auth?: string
  readonly secrets: readonly { readonly id: string; readonly ref: string }[]
}

/** Standard Webhooks names its secrets with a prefix; the others take any text. */
function randomSecret(adapter: string): string {
  const bytes = randomBytes(secretBytes)
  return adapter === 'standard-webhooks'
    ? `whsec_${bytes.toString('base64')}`
    : bytes.toString('hex')
}

function provenanceKeys(nowMs: number): string {
  const until = new Date(nowMs + 3650 * dayMs).toISOString()
  const key = {
    id: 'k1',
    key_base64: randomBytes(secretBytes).toString('base64'),
    // A minute ago, so that a clock a little behind may sign too.
    sign_from: new Date(nowMs - 60_000).toISOString(),
    sign_until: until,
    verify_until: until,
  }
  return `${JSON.stringify({ keys: [key] }, null, 2)}\n`
}

/** Seal the secrets of the control plane; a reference to elsewhere is somebody else's to fill. */
const masterKeysFile = 'control.keys'

function masterKeys(): string {
  return `m1:${randomBytes(secretBytes).toString('base64')}\n`
}

/** Created with its mode, not changed to it: nobody else may read it even for a moment. */
function writeSecret(path: string, make: () => string): boolean {
  if (existsSync(path)) return false
  writeFileSync(path, make(), { mode: 0o600, flag: 'wx' })
  return true
}

/** Names of the files made now; empty when all were there. */
export function makeMissingSecrets({ folders, platform }: LocalSettings): string[] {
  const { secrets } = folders
  mkdirSync(secrets, { recursive: true, mode: 0o700 })
  chmodSync(secrets, 0o700)
  const { endpoints } = JSON.parse(readFileSync(platform.endpointsFile, 'utf8')) as {
    endpoints: DemoEndpoint[]
  }
  const made = endpoints.flatMap(endpoint =>
    endpoint.secrets
      // The hash of a key that only its sender has can't be made here.
      .filter(
        secret => endpoint.auth !== 'api-key' && secret.ref === `file:${endpoint.id}.${secret.id}`,
      )
      .map(secret => `${endpoint.id}.${secret.id}`)
      .filter(name => writeSecret(join(secrets, name), () => randomSecret(endpoint.adapter))),
  )
  // A key file elsewhere is somebody else's to make.
  const keys = platform.provenanceKeysFile
  const ours = dirname(keys) === secrets
  if (ours && writeSecret(keys, () => provenanceKeys(systemClock.wallMs()))) {
    made.push(basename(keys))
  }
  const isOn = platform.controlPlane === 'on' && platform.controlKeyRef === `file:${masterKeysFile}`
  if (isOn && writeSecret(join(secrets, masterKeysFile), masterKeys)) made.push(masterKeysFile)
  return made
}
