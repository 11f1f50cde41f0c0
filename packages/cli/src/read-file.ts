// A file that an argument names, or standard input, up to a size: an endless one must not fill the memory.

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { messageOf } from '@fleet/runtime'
import { UsageError } from './exit-code.ts'

const mebibyte = 1024 * 1024

/** A webhook's body is a quarter of it at most; a larger file is another one than was meant. */
const bytesMax = 16 * mebibyte

/** @param file `-` is standard input. @throws UsageError */
export async function readArgumentFile(file: string): Promise<Buffer> {
  try {
    return await readUpTo(file === '-' ? process.stdin : createReadStream(file))
  } catch (error) {
    throw new UsageError(`${file} can not be read (${messageOf(error)})`)
  }
}

async function readUpTo(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > bytesMax) throw new Error(`it has more than ${bytesMax / mebibyte} MiB`)
  }
  return Buffer.concat(chunks)
}
