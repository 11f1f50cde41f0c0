import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeSettings, exampleEnvironment, platformSpec } from '../src/index.ts'

test('.env.example is what the declaration says', () => {
  const file = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')
  assert.equal(file, exampleEnvironment(platformSpec))
})

test('every variable has a meaning, and a default or an example', () => {
  for (const [name, setting] of Object.entries(platformSpec)) {
    assert.ok(setting.desc !== undefined, name)
    assert.ok(setting.default !== undefined || setting.example !== undefined, name)
  }
})

test('the table has one row per variable', () => {
  const rows = describeSettings(platformSpec).trim().split('\n')
  assert.equal(rows.length, 2 + Object.keys(platformSpec).length)
  assert.ok(rows.includes('| `FLEET_API_PORT` | `8090` | port of the read API |'))
})
