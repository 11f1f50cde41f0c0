// Attacks on the command line: arguments, files and what comes back from others to be shown.

import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { controlAttacks } from './control-cases.ts'
import { hostileAnswers } from './hostile-server.ts'
import { canary, runCommand } from './run-command.ts'
import type { Ran } from './run-command.ts'

export const rows = [
  'cli-arguments',
  'cli-files',
  'cli-output',
  'cli-secrets',
  'cli-everything',
  'cli-stdin',
  'cli-at-once',
] as const

export interface CliAttack {
  readonly row: (typeof rows)[number]
  readonly name: string
  /** @param folder of the case alone. */
  run(folder: string): Promise<void>
}

/** No stack, no control character, and the exit code of wrong usage, a failed check or nothing there. */
function expectRefused({ code, output, errors }: Ran): void {
  assert.ok([1, 2, 3].includes(code), `exit code ${code}`)
  assert.doesNotMatch(output + errors, /\bat .+\.(?:ts|js):\d+|node_modules/, 'it shows a stack')
  assert.ok(!output.includes(canary) && !errors.includes(canary), 'it shows a secret')
  assertVisible(output + errors)
  assert.notEqual(errors, '', 'it does not say why')
}

const commanding = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u

function assertVisible(text: string): void {
  const found = commanding.exec(text)
  assert.equal(found, null, `it writes ${JSON.stringify(found?.[0])} to the terminal`)
}

const hostile: [string, string][] = [
  ['nothing', ''],
  ['NUL', 'a\0b'],
  ['a terminal escape', '\u001b]0;owned\u0007\u001b[2J'],
  ['a C1 escape', '\u009b31m'],
  ['text that turns its direction', '\u202Etxt.exe'],
  ['100,000 characters', 'A'.repeat(100_000)],
  ['a path upwards', '../../../../etc/passwd'],
  ['a percent-encoded path', '%2e%2e%2fetc%2fpasswd'],
  ['an option', '--unknown-option'],
  ['a prototype', '__proto__'],
  ['a wildcard', '*'],
  ['a command', '$(touch owned); `id`'],
  ['half a character', '\ud800'],
  ['a number beyond', '99999999999999999999'],
  ['minus one', '-1'],
  ['a dash', '-'],
]

/** Where an argument goes; everything else in them is right. */
const places: [string, (text: string) => string[]][] = [
  ['a verb', text => [text]],
  ['an endpoint', text => ['send', text, '--type', 't', '--resource', 'reservation/R1']],
  ['--repeat', text => [...send, '--repeat', text]],
  ['--data', text => [...send, '--data', text]],
  ['--header', text => [...send, '--header', text]],
  ['--url', text => [...send, '--url', text]],
  ['--mode', text => [...send, '--mode', text]],
  ['--file', text => ['send', 'levy-demo', '--file', text]],
  ['--key-ref', text => [...send, '--key-ref', text]],
  ['a topic', text => ['tail', text, '--timeout', '0']],
  ['--from', text => ['tail', 'raw', '--timeout', '0', '--from', text]],
  ['--max', text => ['tail', 'raw', '--timeout', '0', '--max', text]],
  ['--partition', text => ['tail', 'raw', '--timeout', '0', '--partition', text]],
  ['an endpoint to arm', text => ['endpoints', 'arm', text]],
  ['--minutes', text => ['endpoints', 'arm', 'smartcar-demo', '--minutes', text]],
  ['an endpoint to change', text => ['endpoints', 'secret', text, 'k1', '--ref', 'env:A']],
  ['a file to import', text => ['endpoints', 'import', text]],
  ['--value-file', text => ['endpoints', 'secret', 'levy', 'k1', '--value-file', text]],
  ['a key', text => ['keys', 'rotate', text]],
  ['--overlap', text => ['keys', 'rotate', 'a', '--overlap', text]],
  ['--scope', text => ['keys', 'create', '--name', 'n', '--scope', text]],
  ['a tenant', text => ['tenants', 'put', text, '--name', 'n']],
  ['a tenant of an endpoint', text => [...putLevy, '--tenant', text]],
  ['--file of rights', text => ['acls', 'plan', '--file', text]],
  ['a letter', text => ['dlq', 'show', text]],
  ['a letter to replay', text => ['dlq', 'replay', text, '--dry-run']],
  ['--rate', text => ['dlq', 'replay', '--all', '--rate', text]],
  ['--patch', text => ['dlq', 'replay', '--all', '--patch', text]],
  ['a month', text => ['ledger', 'close', text, '--tenant', 'demo', '--reason', 'r']],
  ['--candidate-endpoints', text => ['mapper', 'shadow', '--candidate-endpoints', text]],
  ['--schema', text => ['contracts', 'check', '--schema', text]],
  ['--consumer', text => ['contracts', 'check', '--consumer', text]],
]

const putLevy = ['endpoints', 'put', 'levy', '--file', '/dev/null']
const send = ['send', 'levy-demo', '--type', 't', '--resource', 'reservation/R1']

const argumentAttacks = places.flatMap(([place, argv]) =>
  hostile.map(([name, text]): CliAttack => ({
    row: 'cli-arguments',
    name: `${place}: ${name}`,
    run: async folder => expectRefused(await runCommand(argv(text), folder)),
  })),
)

interface FileCase {
  readonly name: string
  make(path: string): void
}

const fileCases: FileCase[] = [
  { name: 'a folder', make: path => mkdirSync(path) },
  { name: 'no file', make: () => {} },
  { name: 'an endless device', make: path => symlinkSync('/dev/zero', path) },
  { name: 'a link to itself', make: path => symlinkSync(path, path) },
  { name: 'a link to a file of the system', make: path => symlinkSync('/etc/passwd', path) },
  { name: '40 MB', make: path => writeFileSync(path, Buffer.alloc(40_000_000, 0x20)) },
  { name: '60,000 brackets', make: path => writeFileSync(path, '['.repeat(60_000)) },
  { name: 'an object 10,000 deep', make: path => writeFileSync(path, deep(10_000)) },
  { name: 'bytes that are no text', make: path => writeFileSync(path, Buffer.alloc(999, 0xff)) },
  { name: 'a prototype', make: path => writeFileSync(path, '{"__proto__":{"version":1}}') },
  { name: 'a secret in the wrong place', make: path => writeFileSync(path, misplaced) },
]

const misplaced = JSON.stringify({
  version: 1,
  endpoints: [{ id: 'a', tenant_id: 't', source: 's', adapter: 'ump', secrets: [canary] }],
})

function deep(levels: number): string {
  return `${'{"version":'.repeat(levels)}1${'}'.repeat(levels)}`
}

const fileAttacks = fileCases.flatMap(({ name, make }) =>
  (
    [
      ['endpoints', path => ['endpoints', 'import', path]],
      ['a definition', path => ['endpoints', 'put', 'levy', '--tenant', 'demo', '--file', path]],
      ['rights', path => ['acls', 'plan', '--file', path]],
      ['a body', path => ['send', 'levy-demo', '--file', path]],
      ['a patch', path => ['dlq', 'replay', '--all', '--patch', path]],
      ['a new body', path => ['dlq', 'replay', '--all', '--body', path]],
      ['a schema', path => ['contracts', 'check', '--schema', path]],
      ['a declaration', path => ['contracts', 'check', '--consumer', path]],
      ['endpoints to try', path => ['mapper', 'shadow', '--candidate-endpoints', path]],
    ] satisfies [string, (path: string) => string[]][]
  ).map(([what, argv]): CliAttack => ({
    row: 'cli-files',
    name: `${what} from ${name}`,
    run: async folder => {
      const path = join(folder, 'file')
      make(path)
      expectRefused(await runCommand(argv(path), folder))
    },
  })),
)

const endpointsFiles = fileCases.map(({ name, make }): CliAttack => ({
  row: 'cli-files',
  name: `FLEET_ENDPOINTS_FILE is ${name}`,
  run: async folder => {
    const path = join(folder, 'file')
    make(path)
    const env = { FLEET_ENDPOINTS_FILE: path }
    expectRefused(await runCommand(['endpoints', 'list'], folder, env))
    expectRefused(await runCommand(send, folder, env))
  },
}))

const outputAttacks = hostileAnswers.map(({ name, serve }): CliAttack => ({
  row: 'cli-output',
  name,
  run: folder =>
    serve(async base => {
      const env = { FLEET_API_URL: base, FLEET_CONTROL_PLANE: 'on' }
      const runs = [
        await runCommand([...send, '--unsigned', '--url', base], folder),
        await runCommand([...send, '--unsigned', '--url', base, '--json'], folder),
        await runCommand(['tenants', 'put', 'acme', '--name', 'n'], folder, env),
        await runCommand(['keys', 'list'], folder, env),
        await runCommand(['keys', 'list', '--json'], folder, env),
        await runCommand(['endpoints', 'export'], folder, env),
      ]
      for (const { output, errors, code } of runs) {
        assert.ok([0, 1, 2, 3].includes(code))
        assertVisible(output + errors)
        assert.ok(!(output + errors).includes(canary), 'it shows the API key')
        assert.doesNotMatch(output + errors, /\bat .+\.(?:ts|js):\d+/, 'it shows a stack')
      }
    }),
}))

const secretAttacks: CliAttack[] = [
  {
    row: 'cli-secrets',
    name: 'no verb takes a secret or a key as an argument',
    run: async folder => {
      const verbs = [
        ['send'],
        ['keys', 'create'],
        ['endpoints', 'secret'],
        ['endpoints', 'put'],
        [],
      ]
      for (const verb of verbs) {
        const { output } = await runCommand([...verb, '--help'], folder)
        assert.doesNotMatch(output, /--(?:secret|value|password|key|api-key|token)[ =]<?\w*>?\s/)
      }
    },
  },
  {
    row: 'cli-secrets',
    name: 'what names a secret is repeated, never what it holds',
    run: async folder => {
      const file = join(folder, 'key')
      writeFileSync(file, canary)
      for (const ref of [`file:${file}`, 'env:FLEET_API_KEY', canary, `env:${canary} x`]) {
        const env = { FLEET_CLI_KEY_REF: ref, FLEET_CONTROL_PLANE: 'on' }
        expectRefused(await runCommand(['keys', 'list'], folder, env))
      }
    },
  },
  {
    row: 'cli-secrets',
    name: 'fleet env --json shows where secrets are and none of them',
    run: async folder => {
      const { output, errors, code } = await runCommand(['env', '--json'], folder)
      assert.equal(code, 0, errors)
      assert.ok(!output.includes(canary))
    },
  },
]

/** Not at a terminal, so nobody can be asked: what acts on all must be said. */
const everythingAttacks = [
  ['dlq', 'replay'],
  ['dlq', 'discard', '--reason', 'r'],
  ['dlq', 'replay', '--dry-run'],
  ['ledger', 'close', '2026-10', '--reason', 'r'],
  ['ledger', 'close', '2026-10', '--tenant', 'demo'],
  ['ledger', 'close', '2026-10', '--tenant', 'demo', '--reason', ' '],
  ['endpoints', 'delete'],
  ['keys', 'delete'],
  ['tenants', 'delete'],
].map((argv): CliAttack => ({
  row: 'cli-everything',
  name: `fleet ${argv.join(' ')}, without saying what: wrong usage, before anything is asked`,
  run: async folder => {
    const ran = await runCommand(argv, folder, { FLEET_CONTROL_PLANE: 'on' })
    expectRefused(ran)
    assert.equal(ran.code, 2, ran.errors)
  },
}))

export const cliAttacks: readonly CliAttack[] = [
  ...argumentAttacks,
  ...fileAttacks,
  ...endpointsFiles,
  ...outputAttacks,
  ...secretAttacks,
  ...everythingAttacks,
  ...controlAttacks,
]
