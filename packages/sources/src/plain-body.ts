// A body whose texts need no escapes, as an object of what is looked at: its members and those of its
// data. Lists and objects below are left in the bytes, from which their canonical text is written. A body
// of any other kind goes the way of `parseStrictJson`, which gives the same event.

import { JsonScanner } from './json-scan.ts'
import { kinds } from './json-tape.ts'
import type { JsonTape, Target } from './json-tape.ts'
import type { Platform } from './platform.ts'
import type { Json, JsonObject } from './strict-json.ts'

/** Stands for a list or an object nobody looks into. */
export class Unread {
  readonly #tape: JsonTape
  readonly #node: number

  constructor(tape: JsonTape, node: number) {
    this.#tape = tape
    this.#node = node
  }

  /** As many bytes as writing its canonical text takes at most. */
  get room(): number {
    return this.#tape.room(this.#node)
  }

  /** Writes its canonical text; returns where it ends. */
  write(into: Target, at: number): number {
    return this.#tape.write(this.#node, into, at)
  }
}

/** What of a body is looked at. */
export interface BodyLayout {
  /** The member whose own members are looked at; null: none. */
  readonly dataName: string | null
  /** Members that are looked into, whatever they are. */
  readonly wholeNames: ReadonlySet<string>
  /** Members of the data that are looked into. */
  readonly wholeDataNames: ReadonlySet<string>
}

/** Of one thread, whose bodies come one after the other. */
let scanner: JsonScanner | null = null

/** Null: no body of this kind. What it returns is worth nothing once the next body was read. */
export function readPlainBody(
  bytes: Uint8Array,
  layout: BodyLayout,
  platform: Pick<Platform, 'decodeUtf8'>,
): JsonObject | null {
  scanner ??= new JsonScanner()
  const tape = scanner.read(bytes, platform)
  if (tape === null || tape.kinds[0] !== kinds.object) return null
  return membersOf(tape, 0, layout.wholeNames, layout)
}

/** Beside the data itself, such a name might stand among the attributes twice. */
const dataPrefix = 'data'

/** `layout`: of a body, whose data is taken apart too. Null: to be read whole. */
function membersOf(
  tape: JsonTape,
  object: number,
  wholeNames: ReadonlySet<string>,
  layout: BodyLayout | null,
): JsonObject | null {
  const shape = tape.shapes[object]
  if (shape?.isOrdinary !== true) return null
  const { names } = shape
  let node = object + 1
  const members: Record<string, Json> = {}
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (layout !== null && name !== layout.dataName && name.startsWith(dataPrefix)) return null
    const kind = tape.kinds[node] as number
    if (kind < kinds.list) members[name] = tape.scalar(node)
    else if (wholeNames.has(name)) members[name] = parsed(tape, node)
    else if (name !== layout?.dataName) members[name] = unread(tape, node)
    else if (kind === kinds.list) members[name] = parsed(tape, node)
    else {
      const data = membersOf(tape, node, layout.wholeDataNames, null)
      if (data === null) return null
      members[name] = data
    }
    node = tape.nexts[node] as number
  }
  return members
}

function unread(tape: JsonTape, node: number): Json {
  // To whoever looks it is an object without any of the members asked for.
  return new Unread(tape, node) as unknown as JsonObject
}

function parsed(tape: JsonTape, node: number): Json {
  return JSON.parse(tape.slice(tape.starts[node] as number, tape.ends[node] as number)) as Json
}
