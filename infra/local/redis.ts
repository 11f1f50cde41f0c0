// The view's own Redis instance. It holds nothing that cannot be rebuilt from Kafka, so it keeps a
// snapshot for quick starts and no log of commands. Never the machine's instance on 6379.

import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'

import type { Component } from './component.ts'
import { redisProgram } from './redis-program.ts'
import type { Folders } from './settings.ts'

/** Settings that hold wherever it runs; docker-compose.yml has the same. */
export const redisSettings: Readonly<Record<string, string>> = {
  save: '3600 1',
  // Where memory is tight the snapshot's fork fails; that must not stop the view.
  'stop-writes-on-bgsave-error': 'no',
  appendonly: 'no',
  maxmemory: '256mb',
  'maxmemory-policy': 'noeviction', // a lost key would look like a resource that never was
}

export function redisAnswers(port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    const finish = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(timeoutMs, () => finish(false))
    socket.on('error', () => finish(false))
    socket.on('close', () => resolve(false))
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', data => finish(data.toString('latin1').startsWith('+PONG')))
  })
}

export function redis(folders: Folders, port: number): Component {
  return {
    name: 'redis',
    port,
    portVariable: 'FLEET_REDIS_PORT',
    startMsMax: 20_000,
    prepare: async () => {
      mkdirSync(folders.redis, { recursive: true })
      const program = redisProgram(folders.dist)
      if (program === null) throw new Error('redis-server is missing; run `make up`')
      const options = {
        ...redisSettings,
        bind: '127.0.0.1',
        port: String(port),
        dir: folders.redis,
        daemonize: 'no',
      }
      return {
        name: 'redis',
        command: program.command,
        args: Object.entries(options).flatMap(([name, value]) => [
          `--${name}`,
          ...value.split(' '),
        ]),
        environment: program.environment,
        cwd: folders.redis,
        port,
      }
    },
    answers: () => redisAnswers(port),
  }
}
