// Every service is the same house, every package has one door, and the house rules that no linter knows.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { read, repositoryFiles } from './source-files.ts'

const services = [
  ...new Set(
    repositoryFiles(/^services\/[^/]+\/package\.json$/).map(path => path.split('/')[1] ?? ''),
  ),
]
const sources = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/)

test('every service has the same rooms', () => {
  assert.ok(services.length >= 7)
  for (const service of services) {
    const files = repositoryFiles(new RegExp(`^services/${service}/`))
    for (const part of ['src/main.ts', 'src/index.ts', 'README.md']) {
      assert.ok(files.includes(`services/${service}/${part}`), `${service} has no ${part}`)
    }
    for (const folder of ['src/core/', 'test/']) {
      assert.ok(
        files.some(path => path.startsWith(`services/${service}/${folder}`)),
        `${service} has nothing in ${folder}`,
      )
    }
  }
})

test('the README of every service answers the same five questions', () => {
  for (const service of services) {
    const headings = read(`services/${service}/README.md`).match(/^## .+$/gm) ?? []
    assert.deepEqual(
      headings.slice(0, 5),
      ['## Purpose', '## In', '## Out', '## Settings', '## How it fails'],
      service,
    )
  }
})

test('main.ts composes and starts: at most 60 lines', () => {
  for (const service of services) {
    const lines = read(`services/${service}/src/main.ts`).trimEnd().split('\n').length
    assert.ok(lines <= 60, `services/${service}/src/main.ts has ${lines} lines`)
  }
})

test('source files stay at or below 300 lines', () => {
  for (const path of sources) {
    if (path.endsWith('records.ts')) continue
    const lines = read(path).trimEnd().split('\n').length
    assert.ok(lines <= 300, `${path} has ${lines} lines: is it still one idea?`)
  }
})

test('a door re-exports by name', () => {
  for (const path of sources.filter(file => file.endsWith('/src/index.ts'))) {
    assert.ok(!/export (type )?\*/.test(read(path)), `${path} uses export *`)
  }
})

test('topic names are spelled in topics.ts alone', () => {
  for (const path of sources) {
    if (path === 'packages/contracts/src/topics.ts') continue
    const code = read(path).replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    const match = /['"`]fleet\.[a-z.-]+\.v\d['"`]/.exec(code)
    assert.equal(match?.[0], undefined, `${path} spells a topic name`)
  }
})

test('only packages/config reads the environment', () => {
  for (const path of sources) {
    if (path.startsWith('packages/config/')) continue
    assert.ok(!/process\.env\b/.test(read(path)), `${path} reads process.env`)
  }
})

test('no leftovers, no machine paths, no casts that silence the compiler', () => {
  const banned = /\b(TODO|FIXME|HACK)\b|\bas any\b(?! [a-z])|@ts-ignore|@ts-nocheck/
  for (const path of repositoryFiles(/\.(ts|js|sh|md|yml|json)$/)) {
    if (path === 'package-lock.json' || path.startsWith('test/tidy/')) continue
    const text = read(path)
    assert.equal(banned.exec(text)?.[0], undefined, path)
    assert.equal(/(^|[\s'"`(=])\/(work|root|home)\//.exec(text)?.[0], undefined, path)
  }
})
