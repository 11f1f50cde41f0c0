// kafkajs's own encoders and decoders, which ours are measured against (test/bench/kafka-encoding.ts).

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const kafkajsProduce = require('kafkajs/src/protocol/requests/produce/v7/request') as (
  options: unknown,
) => unknown

/** A whole request as it goes to the socket. */
export const kafkajsFrame = require('kafkajs/src/protocol/request') as (options: {
  correlationId: number
  clientId: string
  request: unknown
}) => Promise<{ buffer: Buffer }>

export const kafkajsFetch = require('kafkajs/src/protocol/requests/fetch/v11/response') as {
  decode: (bytes: Buffer) => Promise<{ responses: unknown[] }>
}

export const kafkajsCrc32c = require('kafkajs/src/protocol/recordBatch/crc32C') as (
  bytes: Buffer,
) => number
