import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '@fleet/runtime'
import {
  closeEdges,
  eventually,
  levy,
  levyBody,
  openEdge,
  post,
  secrets,
  signed,
} from '../edge-harness.ts'
import type { Edge } from '../edge-harness.ts'

after(closeEdges)

const body = levyBody('e-1')

async function ask(edge: Edge, secret: string): Promise<number> {
  return (await post(edge, 'levy', body, signed(levy, body, secret))).status
}

async function within2Seconds(edge: Edge, secret: string, status: number): Promise<void> {
  const startedMs = systemClock.elapsedMs()
  await eventually(async () => (await ask(edge, secret)) === status)
  const tookMs = systemClock.elapsedMs() - startedMs
  assert.ok(tookMs < 2000, `${tookMs} ms`)
}

test('a changed endpoints file is in force within two seconds', async () => {
  const edge = await openEdge()
  assert.equal(await ask(edge, secrets.levy), 200)
  edge.files.endpoints([{ ...levy, enabled: false }])
  await within2Seconds(edge, secrets.levy, 401)
  edge.files.endpoints([levy])
  await within2Seconds(edge, secrets.levy, 200)
})

test('a changed secret is in force within two seconds', async () => {
  const edge = await openEdge()
  edge.files.secret('levy.k1', 'another-secret!!')
  await within2Seconds(edge, 'another-secret!!', 200)
  assert.equal(await ask(edge, secrets.levy), 401)
})

const bad = {
  'half written': '{"version":1,"endpo',
  empty: '',
  'an unknown adapter': JSON.stringify({ version: 1, endpoints: [{ ...levy, adapter: 'no' }] }),
}
for (const [name, text] of Object.entries(bad)) {
  test(`a bad file (${name}) keeps the last good one, a good one replaces it`, async () => {
    const edge = await openEdge()
    edge.files.endpointsText(text)
    // A secret changed afterwards shows when the directory has looked again.
    edge.files.secret('levy.k1', 'changed-afterwards')
    await within2Seconds(edge, 'changed-afterwards', 200)
    edge.files.endpoints([{ ...levy, enabled: false }])
    await within2Seconds(edge, 'changed-afterwards', 401)
  })
}

test('a secret that disappears or is emptied keeps its last good value', async () => {
  const rows = [{ ...levy, secrets: ['k1', 'k2'].map(id => ({ id, ref: `file:levy.${id}` })) }]
  const edge = await openEdge({ endpoints: rows })
  edge.files.removeSecret('levy.k1')
  edge.files.secret('levy.k2', 'second-secret-00')
  await within2Seconds(edge, 'second-secret-00', 200)
  assert.equal(await ask(edge, secrets.levy), 200)
})

test('an endpoint without a readable secret refuses as if it were unknown, the others serve', async () => {
  const other = { ...levy, id: 'other', secrets: [{ id: 'k1', ref: 'file:absent' }] }
  const edge = await openEdge({ endpoints: [levy, other] })
  assert.equal(await ask(edge, secrets.levy), 200)
  assert.equal((await post(edge, 'other', body, signed(levy, body, ''))).status, 401)
})
