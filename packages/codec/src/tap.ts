// avsc's cursor and the undocumented methods of its types that the guarded types override. Nothing
// else may rely on them; avsc is pinned exactly because of this file.

/** avsc's cursor over a buffer. Running past the end is silent; `decodeGuarded` checks at the end. */
export interface Tap {
  readonly buf: Buffer & {
    utf8Write(text: string, offset: number, length: number): number
    utf8Slice(start: number, end: number): string
  }
  pos: number
  readLong(): number
  readString(): string | undefined
  readFixed(length: number): Buffer | undefined
  skipString(): void
  writeLong(value: number): void
  writeFixed(value: Buffer): void
}

export interface TypeNode {
  _read(tap: Tap): unknown
  _skip(tap: Tap): void
  _write(tap: Tap, value: unknown): void
}

/** Throws what `decodeGuarded` turns into UNDECODABLE. */
export function refuse(reason: string): never {
  throw new Error(reason)
}

/** The text at the cursor. */
export function readString(tap: Tap): string {
  return tap.readString() ?? refuse('truncated')
}

export function invalid(value: unknown, type: string): never {
  throw new Error(`not a ${type}: ${value === null ? 'null' : typeof value}`)
}
