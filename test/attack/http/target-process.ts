// Starts the edge under attack as a child process, asks it questions over its channel, and ends it.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface StoredRecord {
  readonly hash: string
  readonly tenant: string
  readonly address: string
}

export interface SecurityRecord {
  readonly reason: string
  readonly address: string
  readonly endpoint: string
}

export interface Target {
  readonly port: number
  /** What the log does with records from now on. */
  append(behaviour: 'acknowledge' | 'refuse' | 'hang'): Promise<void>
  /** How often the log was asked to take a record. */
  appends(): Promise<number>
  raw(): Promise<StoredRecord[]>
  security(): Promise<SecurityRecord[]>
  /** Whether the text stands in a record, a log line or a metric. */
  tells(text: string): Promise<boolean>
  /** The value of one series, 0 when it is not there. */
  metric(series: string): Promise<number>
  memoryBytes(): Promise<number>
  isAlive(): boolean
  close(): Promise<void>
}

interface Answer {
  readonly number: number
  readonly answer: unknown
}

const startMsMax = 20_000

export async function startTarget(): Promise<Target> {
  const child = fork(fileURLToPath(new URL('target.ts', import.meta.url)), {
    execArgv: ['--expose-gc', ...process.execArgv.filter(flag => !flag.startsWith('--test'))],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, (answer: unknown) => void>()
  let last = 0
  child.on('message', ({ number, answer }: Answer) => {
    waiting.get(number)?.(answer)
    waiting.delete(number)
  })
  const answerTo = <T>(number: number): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.set(number, answer => resolve(answer as T))
      child.once('exit', code => reject(new Error(`the edge ended with ${code}`)))
      if (number === 0) setTimeout(() => reject(new Error('no start')), startMsMax).unref()
    })
  child.setMaxListeners(0)
  const ask = <T>(question: string, to = ''): Promise<T> => {
    last += 1
    const answer = answerTo<T>(last)
    child.send({ ask: question, to, number: last })
    return answer
  }
  const port = await answerTo<number>(0)
  return {
    port,
    append: async behaviour => {
      await ask('append', behaviour)
    },
    appends: () => ask('appends'),
    raw: () => ask('raw'),
    security: () => ask('security'),
    tells: text => ask('tells', text),
    metric: async series => {
      const lines = (await ask<string>('metrics')).split('\n')
      const found = lines.find(line => line.startsWith(`${series} `))
      return Number(found?.slice(series.length + 1) ?? 0)
    },
    memoryBytes: () => ask('memory'),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    close: () =>
      new Promise(resolve => {
        child.once('exit', () => resolve())
        child.disconnect()
      }),
  }
}
