// docs/pitfalls.md says by which test each answer is shown. What it names must be there: a file by its
// name, a title by a part of it in quotes, looked for in the file that is named before it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { read, repositoryFiles } from './source-files.ts'

const page = read('docs/pitfalls.md')
const rows = page.split('\n').filter(line => /^\| P\d+ /.test(line))

/** What a row may name, and where titles after it are looked for. */
const places: Record<string, RegExp> = {
  conformance: /^packages\/kafka\/test\/conformance[\w-]*\.ts$/,
  '`make faults`': /^test\/faults\/kinds\/.*\.ts$/,
}

function filesOf(name: string): string[] {
  const place = places[name]
  const found = repositoryFiles(place ?? /\.test\.ts$/)
  const file = `/${name.replaceAll('`', '')}`
  return place === undefined ? found.filter(path => path.endsWith(file)) : found
}

const isTitle = (line: string, title: string): boolean =>
  (line.includes(title) && /\btest\(/.test(line)) || line.includes(`'${title}'`)

test('every test that the table of pitfalls names is there', () => {
  assert.equal(rows.length, 26)
  for (const row of rows) {
    const shownBy = row.split(' | ').at(-1) ?? ''
    let files: string[] = []
    let count = 0
    for (const [token, title] of shownBy.matchAll(
      /`[\w.-]+\.test\.ts`|\bconformance\b|`make faults`|"([^"]+)"/g,
    )) {
      count++
      if (title === undefined) {
        files = filesOf(token)
        assert.ok(files.length > 0, `${token} is not there: ${row}`)
        continue
      }
      const lines = files.flatMap(path => read(path).split('\n'))
      assert.ok(
        lines.some(line => isTitle(line, title)),
        `no test "${title}" in ${files.join(', ')}: ${row}`,
      )
    }
    assert.ok(count > 0 || row.includes('`make bench-latency`'), `shown by nothing: ${row}`)
  }
})
