// TLS served by the edge itself: which versions, what a change of the files does, and what a bad one does.

import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { systemClock } from '@fleet/runtime'
import { createLogger, createMetrics, silentLogger } from '@fleet/telemetry'
import { openTls } from '../../src/shell/tls.ts'
import {
  closeEdges,
  eventually,
  levy,
  levyBody,
  openEdge,
  secrets,
  signed,
} from '../edge-harness.ts'
import { selfSigned } from '../../../../test/support/self-signed.ts'
import type { SelfSigned } from '../../../../test/support/self-signed.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-tls-'))
const certFile = join(folder, 'cert.pem')
const keyFile = join(folder, 'key.pem')
after(async () => {
  await closeEdges()
  rmSync(folder, { recursive: true, force: true })
})

/** As a renewal does it: beside, then over the old name. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

function install({ cert, key }: SelfSigned): void {
  replace(certFile, cert)
  replace(keyFile, key)
}

const nowMs = systemClock.wallMs()
const first = selfSigned('first', nowMs)
const second = selfSigned('second', nowMs)
install(first)
const lines: string[] = []
const logger = createLogger('test', {
  level: 'info',
  destination: { write: (line: string): unknown => lines.push(line) },
})
const edge = await openEdge({
  scheme: 'https',
  logger,
  limits: { headersTimeoutMs: 300, requestTimeoutMs: 300, timeoutCheckMs: 25 },
  env: { FLEET_TLS_CERT_FILE: certFile, FLEET_TLS_KEY_FILE: keyFile },
})

const trusted = { ca: [first.cert, second.cert] }

/** What comes back, and who answered. */
function ask(bytes: string, options: ConnectionOptions = trusted) {
  return new Promise<{ text: string; name: string; protocol: string }>((resolve, reject) => {
    let text = ''
    let name = ''
    let protocol = ''
    const socket = connect({ port: edge.port, host: '127.0.0.1', ...options }, () => {
      name = String(socket.getPeerCertificate().subject.CN)
      protocol = String(socket.getProtocol())
      socket.write(bytes)
    })
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve({ text, name, protocol }))
  })
}

const get = 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const shownName = async (): Promise<string> => (await ask(get)).name

test('a delivery is taken over TLS 1.2 and 1.3', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const body = levyBody(`e-${version}`)
    const signature = signed(levy, body, secrets.levy)['x-levy-signature']
    const head = `POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Levy-Signature: ${signature}\r\n`
    const options = { ...trusted, minVersion: version, maxVersion: version }
    const answer = await ask(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, options)
    assert.match(answer.text, /^HTTP\/1\.1 200 /)
    assert.equal(answer.protocol, version)
  }
})

test('TLS 1.1 is refused', async () => {
  const old = {
    ...trusted,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  } as const
  await assert.rejects(ask(get, old), { code: /SSL|PROTOCOL|RESET/ })
})

const plain: [string, string][] = [
  ['plain HTTP', get],
  ['nothing', ''],
  ['half a handshake', '\x16\x03\x01\x02\x00'],
]
for (const [name, bytes] of plain) {
  test(`${name} on the TLS port ends in time, and others are served`, async () => {
    const answer = await new Promise<string>(resolve => {
      let text = ''
      const socket = connectPlain(edge.port, '127.0.0.1', () => socket.write(bytes))
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
    assert.ok(!answer.startsWith('HTTP/'))
    assert.match((await ask(get)).text, /^HTTP\/1\.1 200 /)
  })
}

test('the limit of connections of one address holds under TLS', async () => {
  const narrow = await openEdge({
    scheme: 'https',
    limits: { addressConnectionsMax: 2 },
    env: { FLEET_TLS_CERT_FILE: certFile, FLEET_TLS_KEY_FILE: keyFile },
  })
  const options = { port: narrow.port, host: '127.0.0.1', ...trusted }
  const opened = async (): Promise<TLSSocket | null> => {
    const socket = connect(options)
    return new Promise(resolve => {
      socket.once('secureConnect', () => resolve(socket)).on('error', () => resolve(null))
    })
  }
  await eventually(async () => (await narrow.metrics.text()).includes('fleet_ingest_connections 0'))
  const held = [await opened(), await opened(), await opened()]
  assert.deepEqual(
    held.map(socket => socket !== null),
    [true, true, false],
  )
  for (const socket of held) socket?.destroy()
  await eventually(async () => {
    const again = await opened()
    again?.destroy()
    return again !== null
  })
})

test('what is not HTTP within TLS is answered 400', async () => {
  assert.match((await ask('HELLO\r\n\r\n')).text, /^HTTP\/1\.1 400 /)
})

test('a new pair is shown once both files are there; a bad one never replaces a good one', async () => {
  assert.equal(await shownName(), 'first')
  install(second)
  await eventually(async () => (await shownName()) === 'second')
  const refused = (): number =>
    lines.filter(line => line.includes('tls.certificate_refused')).length
  replace(certFile, 'no certificate')
  await eventually(() => refused() === 1)
  assert.equal(await shownName(), 'second')
  replace(certFile, first.cert)
  await eventually(() => refused() === 2)
  assert.equal(await shownName(), 'second', 'the key does not belong to it')
  rmSync(certFile)
  await eventually(() => refused() === 3)
  assert.equal(await shownName(), 'second')
  install(first)
  await eventually(async () => (await shownName()) === 'first')
  assert.ok(!lines.join('').includes('PRIVATE KEY'))
})

test('the time until it expires is a metric', async () => {
  const found = /^fleet_ingest_certificate_seconds (\d+)$/m.exec(await edge.metrics.text())
  const seconds = Number(found?.[1])
  assert.ok(seconds > 3500 && seconds <= 3600, String(seconds))
})

test('without a good pair at the start there is no edge', () => {
  const missing = join(folder, 'missing.pem')
  const options = { clock: systemClock, logger: silentLogger, metrics: createMetrics('test') }
  assert.throws(() => openTls({ ...options, certFile: missing, keyFile }), {
    code: 'TLS_UNUSABLE',
    fate: 'fatal',
  })
})
