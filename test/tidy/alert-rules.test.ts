// The alert rules name metrics that exist: a rule over a misspelled one would be silent for ever.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parse } from 'yaml'

import { read, repositoryFiles } from './source-files.ts'

interface Rules {
  groups: { name: string; rules: { alert: string; expr: string; annotations: object }[] }[]
}

test('every metric in the alert rules is written by some service', () => {
  const sources = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/).map(read)
  const { groups } = parse(read('infra/alerts/fleet.rules.yml')) as Rules
  const rules = groups.flatMap(group => group.rules)
  assert.ok(rules.length >= 5)
  for (const { alert, expr, annotations } of rules) {
    const names = expr.match(/\bfleet_\w+/g) ?? []
    assert.ok(names.length > 0, alert)
    for (const name of names) {
      assert.ok(
        sources.some(source => source.includes(`'${name}'`)),
        `${alert}: no source writes ${name}`,
      )
    }
    assert.deepEqual(Object.keys(annotations), ['summary', 'action'], alert)
  }
})
