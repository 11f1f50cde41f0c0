// Attacks on the verbs that change the control plane: standard input that ends early or never, and two
// commands that change the same thing at once. The API is a real one, on a log in memory.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { levy, openAdminApi } from '../../../services/api/test/shell/admin/admin-harness.ts'
import type { AdminApi } from '../../../services/api/test/shell/admin/admin-harness.ts'
import type { CliAttack } from './cases.ts'
import { endlessBytesMax, Endless, hostileInputs } from './hostile-input.ts'
import { runAtOnce, runCommand, withStandardInput } from './run-command.ts'
import type { Ran } from './run-command.ts'

type Tools = {
  readonly api: AdminApi
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
}

/** With a tenant and an endpoint that has a secret. */
async function withApi(folder: string, work: (tools: Tools) => Promise<void>): Promise<void> {
  const api = await openAdminApi()
  const env = { FLEET_API_URL: api.base, FLEET_API_KEY: api.root, FLEET_CONTROL_PLANE: 'on' }
  try {
    await api.make('/v1/admin/tenants/acme', { name: 'acme' })
    await api.make('/v1/admin/endpoints/levy', { tenant_id: 'acme', definition: levy })
    await api.make('/v1/admin/secrets/levy/k1', { value: 'levy-secret-1' })
    await work({ api, env, folder })
  } finally {
    await api.close()
  }
}

const readers: [string, readonly string[]][] = [
  ['endpoints put --file -', ['endpoints', 'put', 'levy', '--tenant', 'acme', '--file', '-']],
  ['endpoints secret --value-file -', ['endpoints', 'secret', 'levy', 'k1', '--value-file', '-']],
  ['endpoints import -', ['endpoints', 'import', '-']],
  ['send --file -', ['send', 'levy', '--file', '-', '--unsigned']],
  ['acls plan --file -', ['acls', 'plan', '--file', '-']],
  ['contracts check --schema -', ['contracts', 'check', '--schema', '-']],
  ['contracts check --consumer -', ['contracts', 'check', '--consumer', '-']],
  ['dlq replay --patch -', ['dlq', 'replay', '--all', '--patch', '-']],
  ['dlq replay --body -', ['dlq', 'replay', '--all', '--body', '-']],
]

const stack = /\bat .+\.(?:ts|js):\d+|node_modules/

const inputAttacks = readers.map(([verb, argv]): CliAttack => ({
  row: 'cli-stdin',
  name: `${verb}: input that ends early, never, or is none`,
  run: folder =>
    withApi(folder, async ({ api, env }) => {
      for (const { name, open } of hostileInputs) {
        if (verb.startsWith('endpoints secret') && !untakeable.test(name)) continue
        const { revision } = api.plane.state
        const stream = open()
        const ran = await withStandardInput(stream, () => runCommand(argv, folder, env))
        assert.ok([1, 2, 3].includes(ran.code), `${name}: exit code ${ran.code}`)
        assert.notEqual(ran.errors, '', `${name}: it does not say why`)
        assert.doesNotMatch(ran.errors + ran.output, stack, `${name}: it shows a stack`)
        assert.equal(api.plane.state.revision, revision, `${name}: something was changed`)
        if (stream instanceof Endless) assert.ok(stream.takenBytes < endlessBytesMax, name)
      }
    }),
}))

/** Half a secret can't be told from a whole one. */
const untakeable = /error|never/

/** So many ended well; whoever did not says in one line why. */
function expectWinners(ran: readonly Ran[], ...possible: readonly number[]): void {
  const winners = ran.filter(({ code }) => code === 0).length
  const said = ran.map(({ code, errors }) => `${code} ${errors}`).join('; ')
  assert.ok(possible.includes(winners), `${winners} succeeded: ${said}`)
  for (const { code, errors, output } of ran) {
    assert.ok([0, 1, 2].includes(code), said)
    assert.doesNotMatch(errors + output, stack)
    if (code !== 0) assert.notEqual(errors, '', 'it does not say why')
  }
}

async function changesOf(api: AdminApi): Promise<number> {
  const { body } = await api.ask('GET', '/v1/admin/audit?limit=500')
  return (body['items'] as unknown[]).length
}

interface Raced {
  readonly name: string
  readonly commands: (folder: string, api: AdminApi) => readonly (readonly string[])[]
  readonly winners: readonly number[]
  check(api: AdminApi): void
}

const definitionFile = (folder: string, name: string, source: string): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify({ ...levy, source }))
  return path
}

const keyOf = (api: AdminApi, name: string): string => {
  const found = [...api.plane.state.apiKeys.values()].find(key => key.name === name)
  return found?.id ?? ''
}

const raced: readonly Raced[] = [
  {
    name: 'the name of a tenant',
    commands: () => ['one', 'two', 'three'].map(name => ['tenants', 'put', 'acme', '--name', name]),
    winners: [1, 2, 3],
    check: ({ plane }) => {
      assert.match(plane.state.tenants.get('acme')?.name ?? '', /^(one|two|three)$/)
    },
  },
  {
    name: 'a new endpoint',
    commands: folder =>
      ['a', 'b'].map(source => {
        const file = definitionFile(folder, source, source)
        return ['endpoints', 'put', 'new', '--tenant', 'acme', '--file', file]
      }),
    winners: [1, 2],
    check: ({ plane }) => {
      const source = plane.state.endpoints.get('new')?.definition['source']
      assert.ok(source === 'a' || source === 'b')
    },
  },
  {
    name: 'the rotation of a key',
    commands: (_folder, api) =>
      Array.from({ length: 3 }, () => ['keys', 'rotate', keyOf(api, 'raced'), '--overlap', '60']),
    winners: [1],
    check: ({ plane }) => {
      const own = [...plane.state.apiKeys.values()].filter(({ name }) => name === 'raced')
      assert.equal(own.length, 2, 'one key and one successor')
    },
  },
  {
    name: 'the removal of an endpoint',
    commands: () => Array.from({ length: 3 }, () => ['endpoints', 'delete', 'levy']),
    winners: [1],
    check: ({ plane }) => {
      assert.equal(plane.state.endpoints.size, 0)
      assert.equal(plane.state.secrets.size, 0, 'its secrets are left')
    },
  },
  {
    name: 'removal and change of an endpoint',
    commands: folder => [
      ['endpoints', 'delete', 'levy'],
      ['endpoints', 'put', 'levy', '--tenant', 'acme', '--file', definitionFile(folder, 'd', 'd')],
      ['endpoints', 'delete-secret', 'levy', 'k1'],
    ],
    winners: [1, 2, 3],
    check: ({ plane }) => {
      if (!plane.state.endpoints.has('levy')) assert.equal(plane.state.secrets.size, 0)
    },
  },
  {
    name: 'an import and its like',
    commands: folder => {
      const file = join(folder, 'endpoints.json')
      const endpoint = { ...levy, id: 'levy', tenant_id: 'acme', secrets: [] }
      const secrets = [{ id: 'k2', ref: 'file:k2' }]
      writeFileSync(file, JSON.stringify({ version: 1, endpoints: [{ ...endpoint, secrets }] }))
      return Array.from({ length: 3 }, () => ['endpoints', 'import', file, '--prune'])
    },
    winners: [1, 2, 3],
    check: ({ plane }) => {
      assert.deepEqual([...plane.state.secrets.keys()], ['levy/k2'])
    },
  },
  {
    name: 'the sealing of all secrets',
    commands: () => Array.from({ length: 3 }, () => ['keys', 'reseal']),
    winners: [1, 2, 3],
    check: ({ plane }) => {
      assert.equal(plane.state.secrets.size, 1)
    },
  },
]

const racedAttacks = raced.map(({ name, commands, winners, check }): CliAttack => ({
  row: 'cli-at-once',
  name: `${name}, by several commands at once: a whole state, and each change in the audit`,
  run: folder =>
    withApi(folder, async ({ api, env }) => {
      const key = { name: 'raced', tenant_id: 'acme', scopes: ['events:read'] }
      await api.ask('POST', '/v1/admin/api-keys', { body: key })
      const [before, { revision }] = [await changesOf(api), api.plane.state]
      expectWinners(await runAtOnce(commands(folder, api), folder, env), ...winners)
      check(api)
      // Revisions have no gap: what was written was audited.
      const made = (await changesOf(api)) - before
      assert.ok(made >= api.plane.state.revision - revision, `${made} audit records`)
    }),
}))

const secretTwice: CliAttack = {
  row: 'cli-at-once',
  name: 'a secret by two commands at once: one of the two values, whole, of a higher version',
  run: folder =>
    withApi(folder, async ({ api, env }) => {
      mkdirSync(join(folder, 'values'))
      const commands = ['first-value-1', 'second-value-2'].map(value => {
        const file = join(folder, 'values', value)
        writeFileSync(file, value)
        return ['endpoints', 'secret', 'levy', 'k1', '--value-file', file]
      })
      const before = api.plane.state.secrets.get('levy/k1')?.version ?? 0
      expectWinners(await runAtOnce(commands, folder, env), 1, 2)
      assert.ok((api.plane.state.secrets.get('levy/k1')?.version ?? 0) > before)
    }),
}

/** Without a control plane the endpoints are in a file. */
const armed: CliAttack = {
  row: 'cli-at-once',
  name: 'several endpoints of the file armed at once: none undoes the other, nothing is left',
  run: async folder => {
    const file = join(folder, 'endpoints.json')
    const ids = Array.from({ length: 6 }, (_, index) => `smartcar-${index}`)
    const endpoints = ids.map(id => {
      const secrets = [{ id: 'k1', ref: 'file:k1' }]
      return { id, tenant_id: 't', source: 's', adapter: 'smartcar', secrets }
    })
    writeFileSync(file, JSON.stringify({ version: 1, endpoints }))
    const env = { FLEET_ENDPOINTS_FILE: file }
    const commands = ids.map(id => ['endpoints', 'arm', id])
    expectWinners(await runAtOnce(commands, folder, env), ids.length)
    const { endpoints: after } = JSON.parse(readFileSync(file, 'utf8')) as {
      endpoints: { verify_armed_until?: string }[]
    }
    assert.ok(after.every(({ verify_armed_until: until }) => typeof until === 'string'))
    assert.deepEqual(
      readdirSync(folder).filter(name => name !== 'data'),
      ['endpoints.json'],
    )
  },
}

/** An empty secret would let everybody sign. */
const emptySecret: CliAttack = {
  row: 'cli-stdin',
  name: 'a program before the pipe that fails makes no empty secret',
  run: folder =>
    withApi(folder, async ({ api, env }) => {
      const argv = ['endpoints', 'secret', 'levy', 'k2', '--value-file', '-']
      const ran = await withStandardInput(Readable.from([]), () => runCommand(argv, folder, env))
      assert.equal(ran.code, 2, ran.errors)
      assert.deepEqual([...api.plane.state.secrets.keys()], ['levy/k1'])
    }),
}

export const controlAttacks: readonly CliAttack[] = [
  ...inputAttacks,
  emptySecret,
  ...racedAttacks,
  secretTwice,
  armed,
]
