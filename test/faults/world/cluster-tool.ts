// ClusterTool.java as functions. One command at a time; the program lives as long as the run.

import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('ClusterTool.java', import.meta.url))

export interface Roles {
  controller: number
  leader: number
  group: number
  transaction: number
}

export interface RawRecord {
  topic: string
  partition: number
  compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  timestampMs: string | null
  key: Buffer | null
  value: Buffer | null
  headers: readonly (readonly [string, Buffer | null])[]
}

export type Written = { offset: number } | { error: string }

export class ClusterTool {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #waiting: ((line: string) => void)[] = []

  constructor(jars: string, brokers: string) {
    const args = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData']
    this.#process = spawn('java', [...args, '-cp', jars, program, brokers])
    this.#process.stderr.resume()
    this.#process.stdin.on('error', () => {})
    createInterface({ input: this.#process.stdout }).on('line', line => {
      // The client's log lines are no answers.
      if (line.startsWith('{')) this.#waiting.shift()?.(line)
    })
    this.#process.on('exit', () => {
      for (const answer of this.#waiting.splice(0)) answer('{"error":"the tool has ended"}')
    })
  }

  async roles(topic: string, group: string, transactionalId: string): Promise<Roles> {
    return this.#orThrow<Roles>(`roles ${topic} ${group} ${transactionalId}`)
  }

  async replicas(): Promise<{ partitions: number; underReplicated: number }> {
    return this.#orThrow('replicas')
  }

  /** Records of transactions that nobody has decided yet. */
  async undecided(topics: readonly string[]): Promise<number> {
    const answer = await this.#orThrow<{ undecided: number }>(`open ${topics.join(' ')}`)
    return answer.undecided
  }

  async grow(topic: string, partitions: number): Promise<void> {
    await this.#orThrow(`grow ${topic} ${partitions}`)
  }

  send(record: RawRecord): Promise<Written> {
    const { topic, partition, compression, timestampMs, key, value, headers } = record
    const words = [topic, partition, compression, timestampMs ?? '-', base64(key), base64(value)]
    const given = headers.map(([name, bytes]) => `${name}=${base64(bytes)}`)
    return this.#ask<Written>(['send', ...words, ...given].join(' '))
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }

  async #orThrow<Answer>(command: string): Promise<Answer> {
    const answer = await this.#ask<Answer | { error: string }>(command)
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      throw new Error(`${command.split(' ')[0]}: ${answer.error}`)
    }
    return answer as Answer
  }

  #ask<Answer>(command: string): Promise<Answer> {
    return new Promise(resolve => {
      this.#waiting.push(line => resolve(JSON.parse(line) as Answer))
      this.#process.stdin.write(`${command}\n`)
    })
  }
}

/** An empty value is not null, and base64 of nothing would be no word. */
function base64(bytes: Buffer | null): string {
  if (bytes === null) return '-'
  return bytes.length === 0 ? '0' : bytes.toString('base64')
}
