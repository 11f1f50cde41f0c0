// The connection to the view's own Redis. A command either answers soon or fails: nothing waits in
// the client, because the loop waits for us and repeats what did not arrive.

import { Redis } from 'ioredis'
import type { Result } from 'ioredis'
import { applyScript } from './apply-script.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    applyStateView(
      keyCount: number,
      ...keysAndArguments: (string | number)[]
    ): Result<number, Context>
  }
}

/** Longer than the script needs for its largest batch, shorter than a reader of the API waits. */
const commandTimeoutMs = 1000
const reconnectDelayMsMax = 2000

export function openRedis(url: string, connectionName: string): Redis {
  const redis = new Redis(url, {
    connectionName,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2000,
    retryStrategy: times => Math.min(50 * 2 ** Math.min(times, 10), reconnectDelayMsMax),
    // After a failover the old primary answers READONLY until the connection is made anew.
    reconnectOnError: error => error.message.startsWith('READONLY'),
    scripts: { applyStateView: { lua: applyScript } },
  })
  // Without a listener a lost connection would end the process; every failed command says it anyway.
  redis.on('error', () => {})
  return redis
}
