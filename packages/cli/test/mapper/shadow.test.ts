import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { RawDelivery } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import { presentMapper } from '@fleet/sources'
import type { Mapper } from '@fleet/sources'
import { runFleet } from '../../src/fleet.ts'
import { loadCandidate } from '../../src/mapper/candidate.ts'
import { renderReport } from '../../src/mapper/render.ts'
import { Shadow } from '../../src/mapper/run-shadow.ts'
import { ShadowReport } from '../../src/mapper/shadow-report.ts'
import { UsageError } from '../../src/exit-code.ts'
import { fakeTerminal } from '../fake-terminal.ts'
import { changing } from './next-mapper.ts'
import { bodyOf, endpoint, rawOf } from './raw-of.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const endpoints = new Map([[endpoint.id, endpoint]])

function recordOf(raw: RawDelivery | null, offset: number): InRecord {
  const value = raw === null ? Buffer.from('?') : Buffer.from(String(offset))
  const headers = {}
  const key = Buffer.from('demo/reservation/R1')
  return { topic: 'raw', partition: 1, offset, timestampMs: 1000 + offset, key, value, headers }
}

async function shadow(
  candidate: Mapper,
  raws: readonly (RawDelivery | null)[],
  options: { examplesMax?: number; showValues?: boolean } = {},
) {
  const report = new ShadowReport({ examplesMax: 10, showValues: false, ...options })
  const present = { mapper: presentMapper, endpoints }
  const run = new Shadow(present, { mapper: candidate, endpoints }, report)
  const codec = {
    prepare: () => Promise.resolve(),
    decode: (_: unknown, value: Buffer) => {
      const raw = raws[Number(value.toString())]
      if (raw === undefined || raw === null) throw new Error('undecodable')
      return raw
    },
  }
  await run.see(raws.map(recordOf), codec, () => {})
  return { report, retries: run.retries, ...report.counts() }
}

const reasoned = changing(event => ({
  ...event,
  fields: { ...event.fields, reason: 'private text' },
  fingerprint: event.fingerprint ^ 1,
}))

test('counts by event type and field, examples with coordinates and without values', async () => {
  const raws = [rawOf(bodyOf('E1')), rawOf(bodyOf('E2')), null]
  const found = await shadow(reasoned, raws)
  assert.equal(found.ok, false)
  assert.equal(found.records, 3)
  assert.equal(found.undecodable, 1)
  assert.equal(found.changed, 2)
  assert.deepEqual(found.dangers, { fingerprint: 2 })
  assert.deepEqual(
    { ...found.by_event_type },
    {
      'reservation.created': { changed: 2, fields: { fingerprint: 2, reason: 2 } },
    },
  )
  const [example] = found.examples
  assert.deepEqual([example?.topic, example?.partition, example?.offset], ['raw', 1, 0])
  assert.deepEqual(example?.fields, [{ field: 'fingerprint' }, { field: 'reason' }])
  assert.doesNotMatch(JSON.stringify(found), /private text|late/)
})

test('values are shown when they are asked for, and only so many examples', async () => {
  const raws = [rawOf(bodyOf('E1')), rawOf(bodyOf('E2'))]
  const { examples, changed } = await shadow(reasoned, raws, { examplesMax: 1, showValues: true })
  assert.equal(changed, 2)
  assert.equal(examples.length, 1)
  const reason = examples[0]?.fields.find(({ field }) => field === 'reason')
  assert.deepEqual(reason, { field: 'reason', present: 'late', candidate: 'private text' })
})

test('retries are told what would become of them with the switch in between', async () => {
  const raws = ['E1', 'E2', 'E1', 'E1'].map(id => rawOf(bodyOf(id)))
  assert.deepEqual((await shadow(reasoned, raws)).retries, {
    seen: 2,
    become_conflicts: 2,
    published_again: 0,
    complete: true,
  })
  const renamed = changing(event => ({ ...event, eventId: `${event.eventId}!` }))
  assert.equal((await shadow(renamed, raws)).retries.published_again, 2)
  assert.deepEqual((await shadow(presentMapper, raws)).retries, {
    seen: 2,
    become_conflicts: 0,
    published_again: 0,
    complete: true,
  })
})

test('dead letters that come and go are counted by code', async () => {
  const never = rawOf({ ...bodyOf('E1'), occurred_at: 'never' })
  const swapping: Mapper = {
    version: '2',
    normalize: (raw, ...rest) =>
      raw.occurred_at === null
        ? presentMapper.normalize({ ...raw, occurred_at: 1_795_250_000_000_000 }, ...rest)
        : { ok: false, code: 'UNIDENTIFIED', message: '' },
  }
  const { dead_letters, ok } = await shadow(swapping, [never, rawOf(bodyOf('E2'))])
  assert.deepEqual(dead_letters, { becoming: { UNIDENTIFIED: 1 }, no_longer: { BAD_TIME: 1 } })
  assert.equal(ok, false)
})

test('an event type named like a member of every object is counted like any other', async () => {
  const raws = [rawOf({ ...bodyOf('E1'), event_type: '__proto__' })]
  const { by_event_type } = await shadow(
    changing(event => ({ ...event, subaccountId: 'S' })),
    raws,
  )
  assert.deepEqual(Object.keys(by_event_type), ['__proto__'])
})

test('names beyond a limit are counted together: a flood of types does not fill the memory', async () => {
  const raws = Array.from({ length: 250 }, (_, index) =>
    rawOf({ ...bodyOf(`E${index}`), event_type: `odd.type_${index}` }),
  )
  const { by_event_type } = await shadow(reasoned, raws)
  assert.equal(Object.keys(by_event_type).length, 201)
  assert.equal(by_event_type['(others)']?.changed, 50)
})

test('a person is told what would harm, and where', async () => {
  const { report, retries } = await shadow(reasoned, [rawOf(bodyOf('E1')), rawOf(bodyOf('E1'))])
  const terminal = fakeTerminal()
  renderReport({ terminal }, { ...report.counts(), present: '1', candidate: '2', retries })
  assert.match(terminal.output, /^reservation\.created raw-1@0 fingerprint\n {2}fingerprint\n/m)
  assert.match(terminal.output, /fingerprint 2: Another content: a retry/)
  assert.match(terminal.output, /of 1 retries in this range 1 would be ID_CONFLICT/)
  assert.match(terminal.output, /not without harm mapper 1 and 2 over 2 records: 2 would change/)
})

test('what a sender named can not forge a line of ours', async () => {
  const name = 'data.x\n\u001b[31mok mapper'
  const forged = changing(event => ({ ...event, attributes: { [name]: '1' }, fingerprint: 0 }))
  const { report, retries } = await shadow(forged, [rawOf(bodyOf('E1'))])
  const terminal = fakeTerminal()
  renderReport({ terminal }, { ...report.counts(), present: '1', candidate: '2', retries })
  assert.doesNotMatch(terminal.output, /^\S*ok mapper/m)
  assert.ok(!terminal.output.includes('\u001b'))
})

test('a candidate is a version, a module or a folder with a door', async () => {
  assert.equal(await loadCandidate(presentMapper.version), presentMapper)
  const loaded = await loadCandidate(join(folder, 'next-mapper.ts'))
  assert.equal(loaded.version, '2-try')
  assert.ok(loaded.normalize(rawOf(bodyOf('E1')), endpoint, await platformOf()).ok)
  const root = await loadCandidate(fileURLToPath(new URL('../../../../', import.meta.url)))
  assert.equal(root.version, presentMapper.version)
})

async function platformOf() {
  return (await import('@fleet/signatures')).platform
}

const bad: readonly [string, string, RegExp][] = [
  ['nothing there', join(folder, 'nothing.ts'), /no version of the mapper \(.*\) and no file/],
  ['a folder without a door', folder, /has none of packages\/sources\/src\/index\.ts/],
  ['a module without a mapper', join(folder, 'raw-of.ts'), /exports no function normalize/],
]

for (const [what, given, message] of bad) {
  test(`a candidate with ${what} is refused`, async () => {
    await assert.rejects(
      loadCandidate(given),
      error => error instanceof UsageError && message.test(error.message),
    )
  })
}

test('a candidate outside the repository, whose packages are not found, is told to use a work tree', async () => {
  // Not os.tmpdir(), which may be in the data folder, below the repository.
  const outside = mkdtempSync('/tmp/fleet-candidate-')
  try {
    const file = join(outside, 'candidate.mts')
    writeFileSync(file, "export { normalize } from '@fleet/sources'\n")
    await assert.rejects(
      loadCandidate(file),
      error => error instanceof UsageError && /git worktree add \.fleet\/next/.test(error.message),
    )
  } finally {
    rmSync(outside, { recursive: true })
  }
})

const usage: readonly [string, string[], RegExp][] = [
  ['without a candidate', [], /--candidate, --candidate-endpoints/],
  ['following to an end', ['--follow', '--to', 'latest'], /--follow has no end/],
  ['a time-out without following', ['--timeout', '1'], /--timeout goes with --follow/],
  ['an end at the start', ['--to', 'earliest'], /--to must be/],
  ['a strange number', ['--examples', '-1'], /--examples must be/],
  ['a strange start', ['--from', 'yesterday'], /--from must be/],
  ['endpoints that are not there', ['--candidate-endpoints', 'no/file'], /can not be read/],
]

for (const [what, args, message] of usage) {
  test(`fleet mapper shadow ${what}: exit 2`, async () => {
    const terminal = fakeTerminal()
    const surroundings = { terminal, stopping: new AbortController().signal }
    assert.equal(await runFleet(['mapper', 'shadow', ...args], surroundings), 2)
    assert.match(terminal.errors, message)
  })
}
