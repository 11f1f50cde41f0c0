// A body whose texts need no escapes, seen without making anything of it: values are made where somebody
// asks for them, the others are written from the bytes. A body of any other kind goes the way of
// `parseStrictJson`, which gives the same event.

import type { Attributes } from './attributes.ts'
import { withoutPaths } from './attributes.ts'
import type { BodyView, Members } from './body-view.ts'
import { JsonScanner } from './json-scan.ts'
import { namesMax } from './json-shapes.ts'
import type { Shape } from './json-shapes.ts'
import { kinds } from './json-tape.ts'
import type { JsonTape } from './json-tape.ts'
import { textsOf } from './paths.ts'
import type { Path } from './paths.ts'
import { PlainAttributes } from './plain-attributes.ts'
import type { Platform } from './platform.ts'
import { member } from './strict-json.ts'
import type { Json } from './strict-json.ts'

type PlainPlatform = Pick<Platform, 'decodeUtf8'>

/** What a list or an object looks like to those who look for neither. */
const anything: Json = Object.freeze({})
const none: readonly string[] = []

/** The members of one object of a body. */
class PlainMembers implements Members {
  readonly #tape: JsonTape
  readonly nodes = new Int32Array(namesMax)
  shape: Shape | null = null

  constructor(tape: JsonTape) {
    this.#tape = tape
  }

  /** False: not an object of the kind that can be told by its shape. */
  hold(node: number): boolean {
    const shape = this.#tape.shapes[node] ?? null
    if (shape === null || !shape.isOrdinary) return false
    this.shape = shape
    this.#tape.children(node, this.nodes)
    return true
  }

  /** -1: there is none of that name. */
  nodeOf(name: string): number {
    const place = this.shape?.places.get(name)
    return place === undefined ? -1 : (this.nodes[place] as number)
  }

  get(name: string): Json | undefined {
    const node = this.nodeOf(name)
    if (node < 0) return undefined
    const kind = this.#tape.kinds[node] as number
    if (kind < kinds.list) return this.#tape.scalar(node)
    return kind === kinds.list ? this.#tape.parsed(node) : anything
  }
}

/** One of a thread, whose bodies come one after the other. */
export class PlainBody implements BodyView {
  readonly #scanner = new JsonScanner()
  readonly #tape = this.#scanner.tape
  readonly #attributes = new PlainAttributes()
  readonly #members = new PlainMembers(this.#tape)
  readonly data = new PlainMembers(this.#tape)
  #dataName: string | null = null
  #platform: PlainPlatform = { decodeUtf8: () => null }

  /**
   * False: no body of this kind, to be read whole. What is told of it is true until the next is read.
   * @param dataName the member whose own members are attributes; null: none
   */
  read(bytes: Uint8Array, dataName: string | null, platform: PlainPlatform): boolean {
    this.#dataName = dataName
    this.#platform = platform
    this.data.shape = null
    const tape = this.#tape
    if (this.#scanner.read(bytes, platform) === null || tape.kinds[0] !== kinds.object) return false
    if (!this.#members.hold(0)) return false
    const { names } = this.#members.shape as Shape
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      // Beside the data itself, such a name might stand among the attributes twice.
      if (name !== dataName && name.startsWith('data')) return false
    }
    const data = dataName === null ? -1 : this.#members.nodeOf(dataName)
    return data < 0 || tape.kinds[data] !== kinds.object || this.data.hold(data)
  }

  at({ steps, memberName }: Path): Json | undefined {
    if (memberName !== null) return this.#told(this.#members.nodeOf(memberName))
    if (steps === null) return undefined
    let node = 0
    for (let i = 0; i < steps.length && node >= 0; i++) {
      node = this.#tape.child(node, steps[i] as (typeof steps)[number])
    }
    return this.#told(node)
  }

  nullNames(): readonly string[] {
    const { nodes, shape } = this.#members
    const { names } = shape as Shape
    let found: string[] | null = null
    for (let i = 0; i < names.length; i++) {
      if (this.#tape.isNull(nodes[i] as number)) (found ??= []).push(names[i] as string)
    }
    return found ?? none
  }

  /**
   * Attributes but for what stands at `held`, which leads somewhere or is a member's, and the members of
   * the data with the names of `heldNames`.
   */
  attributesBut(held: readonly Path[], heldNames: readonly string[]): Attributes {
    const gone: string[] = []
    const inner: Path[] = []
    for (let i = 0; i < held.length; i++) {
      const path = held[i] as Path
      if (path.memberName !== null) gone.push(path.memberName)
      else if (this.at(path) !== undefined) inner.push(path)
    }
    this.#attributes.start(this.#tape.room(0))
    // A path that leads to the body itself leaves nothing of it.
    if (!inner.some(({ steps }) => steps?.length === 0)) this.#addMembers(gone, inner, heldNames)
    return this.#attributes.end(this.#platform)
  }

  #addMembers(gone: readonly string[], inner: readonly Path[], heldNames: readonly string[]): void {
    const { nodes, shape } = this.#members
    const { names } = shape as Shape
    const dataName = this.#dataName
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      if (name === dataName || gone.includes(name)) continue
      this.#add(name, nodes[i] as number, inner, name)
    }
    if (dataName === null || gone.includes(dataName)) return
    if (this.data.shape !== null) this.#addData(dataName, inner, heldNames)
    else {
      const node = this.#members.nodeOf(dataName)
      if (node >= 0) this.#add('data', node, inner, dataName)
    }
  }

  #addData(dataName: string, inner: readonly Path[], heldNames: readonly string[]): void {
    const { nodes, shape } = this.data
    const { names } = shape as Shape
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      if (heldNames.includes(name)) continue
      this.#add(dataNameOf(name), nodes[i] as number, inner, dataName, name)
    }
  }

  /** Adds what paths that lead into a value leave of it; `way`: the names that lead to it. */
  #add(label: string, node: number, inner: readonly Path[], ...way: readonly string[]): void {
    const within = inner.length === 0 ? inner : inner.filter(path => leadsInto(path, way))
    if (within.length === 0) {
      this.#attributes.addNode(label, this.#tape, node)
      return
    }
    const parsed = this.#tape.parsed(node)
    const alone = way.reduceRight<Json>((value, name) => ({ [name]: value }), parsed)
    let rest = withoutPaths(alone, textsOf(within))
    for (const name of way) rest = member(rest, name)
    if (rest !== undefined) this.#attributes.addValue(label, rest)
  }

  #told(node: number): Json | undefined {
    if (node < 0) return undefined
    return (this.#tape.kinds[node] as number) < kinds.list ? this.#tape.scalar(node) : anything
  }
}

function leadsInto({ steps }: Path, way: readonly string[]): boolean {
  return way.every((name, i) => steps?.[i]?.isPosition === false && steps[i].name === name)
}

/** The same text each time, in the form in which engines keep names of properties. */
function dataNameOf(name: string): string {
  const known = dataNames.get(name)
  if (known !== undefined) return known
  const made = Object.keys({ [`data.${name}`]: 0 })[0] ?? ''
  if (dataNames.size < dataNamesMax && name.length <= dataNameCharactersMax) {
    dataNames.set(name, made)
  }
  return made
}

const dataNames = new Map<string, string>()
/** Senders choose the names. */
const dataNamesMax = 4096
const dataNameCharactersMax = 64
