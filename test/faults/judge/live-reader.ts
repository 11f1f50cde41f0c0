// A consumer that reads while the faults happen. Whatever it was shown as committed must be what is there
// at the end, nothing more and nothing less.

import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { Violation } from './violation.ts'

const program = fileURLToPath(new URL('LiveReader.java', import.meta.url))

export function digestOf(value: Buffer | null): string {
  return value === null ? '-' : createHash('md5').update(value).digest('hex')
}

export class LiveReader {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #topics: readonly string[]
  readonly #seen = new Map<string, string>()
  readonly #violations: Violation[] = []
  readonly #done: Promise<number>

  constructor(jars: string, brokers: string, topics: readonly string[]) {
    const options = ['-Xmx160m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData']
    this.#topics = topics
    this.#process = spawn('java', [...options, '-cp', jars, program, brokers, ...topics])
    this.#process.stdin.on('error', () => {})
    this.#process.stderr.resume()
    const last = new Map<string, number>()
    const lines = createInterface({ input: this.#process.stdout })
    lines.on('line', line => this.#take(line, last))
    this.#done = new Promise(resolve => {
      lines.on('close', () => resolve(this.#process.exitCode ?? 0))
    })
  }

  get records(): number {
    return this.#seen.size
  }

  #take(line: string, last: Map<string, number>): void {
    const [topic, partition, offset, digest] = line.split(' ')
    if (digest === undefined) return
    const name = `${topic}-${partition}`
    const where = `${name}@${offset}`
    if (Number(offset) <= (last.get(name) ?? -1)) {
      this.#violations.push({ rule: 'repeated', where, detail: 'shown again during the faults' })
    }
    last.set(name, Number(offset))
    this.#seen.set(where, digest)
  }

  /** Reads to the end as it is now and compares with what another reader found there. */
  async compare(found: ReadonlyMap<string, string>): Promise<Violation[]> {
    this.#process.stdin.end()
    await this.#done
    const violations = [...this.#violations]
    for (const [where, digest] of this.#seen) {
      if (found.get(where) === digest) continue
      const detail = found.has(where) ? 'had another value' : 'was shown and is not there'
      violations.push({ rule: 'wrong', where, detail: `during the faults it ${detail}` })
    }
    for (const where of found.keys()) {
      const topic = where.slice(0, where.lastIndexOf('-'))
      if (this.#seen.has(where) || !this.#topics.includes(topic)) continue
      violations.push({
        rule: 'lost',
        where,
        detail: 'was never shown to a reader during the faults',
      })
    }
    return violations
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }
}
