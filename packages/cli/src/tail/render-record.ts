// A record for a person: one line with where and when, then its value, indented.

import { visible } from '../terminal.ts'
import type { Colors } from '../terminal.ts'
import type { ShownRecord } from './shown-record.ts'

export function renderRecord(colors: Colors, record: ShownRecord): string {
  const { bold, dim, red, yellow } = colors
  const time = new Date(record.timestamp).toISOString()
  const at = `${record.topic} ${record.partition}@${record.offset}`
  const lines = [`${dim(time)} ${bold(visible(record.key ?? '(no key)'))} ${dim(at)}`]
  if (record.undecodable !== undefined) {
    lines.push(red(`  undecodable: ${visible(record.undecodable)}`))
  }
  if (record.value === null) lines.push(yellow('  (tombstone)'))
  else lines.push(indent(visible(JSON.stringify(record.value, null, 2))))
  return `${lines.join('\n')}\n`
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
