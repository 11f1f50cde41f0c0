// Who runs the command, for what is written down of it. A container may run under a number that has no name.

import { userInfo } from 'node:os'

export function userName(read: () => { username: string } = userInfo): string {
  try {
    return read().username
  } catch {
    return `uid:${process.getuid?.() ?? 'unknown'}`
  }
}
