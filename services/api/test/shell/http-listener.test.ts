// TLS of the API: what it serves, and what a change of its files does.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { selfSigned } from '../../../../test/support/self-signed.ts'
import { closeServer, listen, openServer } from '../../src/shell/http-listener.ts'
import { openTls } from '../../src/shell/open-tls.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-api-tls-'))
const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }

function install(name: string): void {
  const { cert, key } = selfSigned(name, systemClock.wallMs())
  writeFileSync(files.keyFile, key)
  writeFileSync(files.certFile, cert)
}

install('first')
const metrics = createMetrics('test')
const certificate = openTls(files, silentLogger, metrics)
const server = openServer((_request, response) => response.end('here'), certificate)
await listen(server, '127.0.0.1', 0)
after(async () => {
  certificate?.close()
  await closeServer(server)
  rmSync(folder, { recursive: true })
})

function ask(): Promise<{ text: string; name: string }> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, agent: false }
    const asked = get(options, answer => {
      const name = String((answer.socket as TLSSocket).getPeerCertificate().subject.CN)
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('end', () => resolve({ text, name }))
    })
    asked.on('error', reject)
  })
}

test('the API is served over TLS, under a new certificate once its files are there', async () => {
  assert.deepEqual(await ask(), { text: 'here', name: 'first' })
  assert.match(await metrics.text(), /fleet_api_certificate_seconds 3[56]\d\d\n/)
  install('second')
  const deadlineMs = systemClock.elapsedMs() + 30_000
  while ((await ask()).name !== 'second') {
    assert.ok(systemClock.elapsedMs() < deadlineMs, 'the new certificate is not shown')
    await systemClock.sleep(50)
  }
})

test('without usable files the API does not start', () => {
  const missing = { ...files, certFile: join(folder, 'none.pem') }
  assert.throws(() => openTls(missing, silentLogger, createMetrics('test')), {
    code: 'TLS_UNUSABLE',
    fate: 'fatal',
  })
})
