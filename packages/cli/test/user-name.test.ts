import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { test } from 'node:test'

import { userName } from '../src/user-name.ts'

test('a user has the name that the system knows', () => {
  assert.equal(userName(), userInfo().username)
})

test('a user that the system has no name for is a number', () => {
  const read = (): never => {
    throw new Error('ENOENT: no such file or directory, uv_os_get_passwd')
  }
  assert.equal(userName(read), `uid:${process.getuid?.() ?? 'unknown'}`)
})
