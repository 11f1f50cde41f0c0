// What may stand at the other end of standard input.

import { Readable } from 'node:stream'

export interface HostileInput {
  readonly name: string
  open(): Readable
}

const chunkBytes = 64 * 1024
/** More than any verb may take; whoever takes it all has no limit. */
export const endlessBytesMax = 64 * 1024 * 1024

/** How much of it was taken. */
export class Endless extends Readable {
  takenBytes = 0

  override _read(): void {
    this.takenBytes += chunkBytes
    this.push(this.takenBytes > endlessBytesMax ? null : Buffer.alloc(chunkBytes, 0x20))
  }
}

function ofChunks(...chunks: (string | Buffer)[]): Readable {
  return Readable.from(chunks.map(chunk => Buffer.from(chunk)))
}

/** The other side of the pipe died. */
function broken(): Readable {
  let isFirst = true
  return new Readable({
    read() {
      if (isFirst) this.push(Buffer.from('{"source":"levy",'))
      else this.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }))
      isFirst = false
    },
  })
}

export const hostileInputs: readonly HostileInput[] = [
  { name: 'closed at once', open: () => ofChunks() },
  { name: 'a line break alone', open: () => ofChunks('\n') },
  { name: 'ends in the middle of JSON', open: () => ofChunks('{"source":"levy","adap') },
  { name: 'ends in the middle of a character', open: () => ofChunks(Buffer.from([0x7b, 0xe2])) },
  { name: 'breaks off with an error', open: broken },
  { name: 'never ends', open: () => new Endless() },
  { name: 'bytes that are no text', open: () => ofChunks(Buffer.alloc(5000, 0xff)) },
  { name: '60,000 brackets', open: () => ofChunks('['.repeat(60_000)) },
  { name: 'two documents', open: () => ofChunks('{"source":"levy"}', '{"source":"levy"}') },
]
