import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { resolveSecret, secretPath } from '../src/index.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'fleet-secret-'))
after(() => rmSync(dataDir, { recursive: true }))
mkdirSync(join(dataDir, 'secrets'))

function put(name: string, content: string): void {
  writeFileSync(join(dataDir, 'secrets', name), content)
}

test('a file is its content without one trailing newline', () => {
  for (const [content, expected] of [
    ['key', 'key'],
    ['key\n', 'key'],
    ['key\r\n', 'key'],
    ['key\n\n', 'key\n'],
    [' key \n', ' key '],
  ] as const) {
    put('k', content)
    assert.equal(resolveSecret('file:k', dataDir, 'development').toString(), expected)
    const path = join(dataDir, 'secrets', 'k')
    assert.equal(resolveSecret(`file:${path}`, '/elsewhere', 'development').toString(), expected)
  }
})

test('env:<NAME> is the value of the variable', () => {
  assert.equal(resolveSecret('env:A', dataDir, 'production', { A: 'key' }).toString(), 'key')
})

test('what leads nowhere is SECRET_UNAVAILABLE, and the message keeps an inline secret out', () => {
  put('empty', '\n')
  put('large', 'x'.repeat(70_000))
  for (const ref of [
    'file:absent',
    'file:empty',
    'file:large',
    'file:../x',
    'env:NONE',
    'hunter2',
  ]) {
    assert.throws(() => resolveSecret(ref, dataDir, 'development', {}), {
      code: 'SECRET_UNAVAILABLE',
      message: ref === 'hunter2' ? /^(?!.*hunter2)/ : /secret/,
    })
  }
})

test('production refuses a file that anyone may write', () => {
  put('open', 'key')
  chmodSync(join(dataDir, 'secrets', 'open'), 0o666)
  assert.throws(() => resolveSecret('file:open', dataDir, 'production'), /anyone may write/)
  assert.equal(resolveSecret('file:open', dataDir, 'development').toString(), 'key')
})

test('only file references have a path, and none leaves the folder', () => {
  assert.equal(secretPath('file:a', '/d'), '/d/secrets/a')
  assert.equal(secretPath('file:/a', '/d'), '/a')
  assert.equal(secretPath('env:A', '/d'), null)
  assert.equal(secretPath('file:a/../../b', '/d'), null)
})
