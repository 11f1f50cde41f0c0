import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseDetectorSettings } from '../../src/core/detector-settings.ts'
import { readDetectorSettings } from '../../src/index.ts'
import { defaultsFile, defaultsText, settingsOf } from '../feed.ts'

interface File {
  version: unknown
  detectors: Record<string, Record<string, unknown>>
  tenants: Record<string, unknown>
}

function changed(change: (file: File) => void): File {
  const file = JSON.parse(defaultsText) as File
  change(file)
  return file
}

test('the file of the repository is right', () => {
  assert.equal(readDetectorSettings(defaultsFile).version, '2')
})

test('a tenant may have thresholds of its own; the rest is as for everyone', () => {
  const settings = settingsOf(
    changed(file => {
      file.tenants = { acme: { 'dispute-volume': { minimum_count: 99 } } }
    }),
  )
  assert.equal(settings.of('dispute-volume', 'acme').minimum_count, 99)
  assert.equal(settings.of('dispute-volume', 'acme').window_minutes, 120)
  assert.equal(settings.of('dispute-volume', 'other').minimum_count, 10)
  assert.equal(settings.of('silent-source', 'acme').surprise, 10)
})

const problems: readonly [string, (file: File) => void, RegExp][] = [
  ['no version', file => (file.version = ''), /^version must be/],
  [
    'a number out of range',
    file => set(file, 'sigmas', 0),
    /dispute-volume\.sigmas must be a number/,
  ],
  [
    'a fraction where none can be',
    file => set(file, 'minimum_count', 1.5),
    /must be a whole number/,
  ],
  ['a text for a number', file => set(file, 'minimum_count', '5'), /must be a whole number/],
  ['an unknown severity', file => set(file, 'severity', 'bad'), /must be one of critical, error/],
  ['a switch that is none', file => set(file, 'enabled', 'yes'), /must be true or false/],
  ['a misspelled setting', file => set(file, 'sigma', 5), /dispute-volume\.sigma is unknown/],
  ['a setting of every object', file => set(file, 'constructor', 5), /constructor is unknown/],
  ['an unknown detector', file => (file.detectors['disputes'] = {}), /no detector disputes/],
  [
    'the detector that is fixed',
    file => (file.detectors['no-show-spike'] = {}),
    /no detector no-show-spike/,
  ],
  [
    'a missing detector',
    file => delete file.detectors['silent-source'],
    /silent-source\.\w+ is missing/,
  ],
  [
    'a missing setting',
    file => delete file.detectors['dispute-volume']?.['sigmas'],
    /dispute-volume\.sigmas is missing/,
  ],
  [
    'a wrong exception',
    file => (file.tenants = { acme: { 'dispute-volume': { sigmas: -1 } } }),
    /tenants\.acme\.dispute-volume\.sigmas/,
  ],
  ['no object', file => (file.detectors = [] as never), /detectors must be an object/],
]

function set(file: File, name: string, value: unknown): void {
  Object.assign(file.detectors['dispute-volume'] ?? {}, { [name]: value })
}

for (const [what, change, problem] of problems) {
  test(`refuses ${what}`, () => {
    const parsed = parseDetectorSettings(changed(change))
    assert.ok(
      !parsed.ok && parsed.problems.some(text => problem.test(text)),
      JSON.stringify(parsed),
    )
  })
}

test('a file that is not there or is no JSON stops the start with its name', () => {
  assert.throws(() => readDetectorSettings('nowhere.json'), /detector settings nowhere\.json/)
  assert.throws(() => readDetectorSettings('README.md'), { code: 'CONFIG' })
})
