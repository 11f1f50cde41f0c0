import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetError } from '@fleet/runtime'
import { failureOf, UnreachableError, UsageError } from '../src/exit-code.ts'
import { runFleet } from '../src/fleet.ts'
import { fakeTerminal } from './fake-terminal.ts'

async function fleet(...argv: string[]) {
  const terminal = fakeTerminal()
  const exitCode = await runFleet(argv, { terminal, stopping: new AbortController().signal })
  return { exitCode, output: terminal.output, errors: terminal.errors }
}

const commands = [
  ['env'],
  ['send'],
  ['tail'],
  ['topics'],
  ['topics', 'plan'],
  ['topics', 'apply'],
  ['acls'],
  ['acls', 'plan'],
  ['acls', 'apply'],
  ['schemas'],
  ['schemas', 'check'],
  ['schemas', 'register'],
  ['contracts'],
  ['contracts', 'check'],
  ['mapper'],
  ['mapper', 'shadow'],
  ['endpoints'],
  ['endpoints', 'list'],
  ['endpoints', 'arm'],
  ['doctor'],
]

for (const command of commands) {
  test(`fleet ${command.join(' ')} --help explains itself with examples`, async () => {
    const { exitCode, output, errors } = await fleet(...command, '--help')
    assert.equal(exitCode, 0)
    assert.match(output, /^Usage: fleet /)
    assert.match(output, /--json/)
    assert.match(output, /\nExamples:\n {2}(fleet|FLEET_)/)
    assert.equal(errors, '')
  })
}

const wrongUsage: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no verb', [], /Usage: fleet/],
  ['an unknown verb', ['bogus'], /unknown command 'bogus'/],
  ['an unknown option', ['env', '--bogus'], /unknown option '--bogus'/],
  ['send without an endpoint', ['send'], /missing required argument 'endpoint'/],
  [
    'an unknown endpoint',
    ['send', 'nobody', '--type', 'a.b', '--resource', 'c'],
    /Known: levy-demo/,
  ],
  ['an event without a resource', ['send', 'levy-demo', '--type', 'a.b'], /--type and --resource/],
  ['a file and an event', ['send', 'levy-demo', '--file', 'x', '--type', 'a.b'], /not both/],
  ['a file that is not there', ['send', 'levy-demo', '--file', 'not/there'], /can not be read/],
  [
    'data that is no object',
    ['send', 'levy-demo', '--type', 'a.b', '--resource', 'c', '--data', '[1]'],
    /--data must be a JSON object/,
  ],
  ['a repeat of nothing', ['send', 'levy-demo', '--repeat', '0'], /--repeat must be/],
  ['an unknown topic', ['tail', 'nothing'], /Known: raw, events\.reservation/],
  ['a strange start', ['tail', 'raw', '--from', 'yesterday'], /--from must be/],
  ['a strange number', ['tail', 'raw', '--max', '-1'], /--max must be/],
  ['a strange time-out', ['tail', 'raw', '--timeout', 'soon'], /--timeout must be/],
  ['ACLs that are not there', ['acls', 'plan', '--file', 'not/there'], /Name it with --file/],
  ['arming nobody', ['endpoints', 'arm', 'nobody'], /there is no endpoint "nobody"/],
  ['arming for ever', ['endpoints', 'arm', 'smartcar-demo', '--minutes', '6000'], /--minutes/],
  ['arming what has no challenge', ['endpoints', 'arm', 'levy-demo'], /only smartcar/],
]

for (const [what, argv, message] of wrongUsage) {
  test(`${what}: exit 2, a message on standard error, nothing on standard output`, async () => {
    const { exitCode, output, errors } = await fleet(...argv)
    assert.equal(exitCode, 2)
    assert.match(errors, message)
    assert.equal(output, '')
  })
}

test('--json may stand before or after the verb', async () => {
  for (const argv of [
    ['env', '--json'],
    ['--json', 'env'],
  ]) {
    const { exitCode, output } = await fleet(...argv)
    assert.equal(exitCode, 0)
    assert.equal(typeof JSON.parse(output), 'object')
  }
})

test('a sub-command takes --json too', async () => {
  const { output } = await fleet('endpoints', 'list', '--json')
  const { endpoints } = JSON.parse(output) as { endpoints: { id: string }[] }
  assert.ok(endpoints.some(({ id }) => id === 'levy-demo'))
})

const failures: readonly (readonly [Error, number])[] = [
  [new UsageError('x'), 2],
  [new FleetError('CONFIG', 'fatal', 'x'), 2],
  [new UnreachableError('x'), 3],
  [new FleetError('KAFKA_UNREACHABLE', 'transient', 'x'), 3],
  [new FleetError('REGISTRY_UNREACHABLE', 'transient', 'x'), 3],
  [new FleetError('KAFKA_AUTHORIZATION', 'fatal', 'x'), 2],
  [new FleetError('TOPIC_MISSING', 'fatal', 'x'), 1],
  [new TypeError('x'), 1],
]

for (const [error, exitCode] of failures) {
  const code = error instanceof FleetError ? error.code : error.constructor.name
  test(`${code} ends with ${exitCode}`, () => {
    assert.equal(failureOf(error).exitCode, exitCode)
  })
}
