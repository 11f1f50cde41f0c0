// FULL_TRANSITIVE, one pair at a time: either schema must read what the other wrote. Stricter than the
// registry where Avro forgives what would surprise a consumer: fields and enum symbols never go, types
// and logical types never change, every field has a default.

import { messageOf } from '@fleet/runtime'
import { parseSchema } from './avro-type.ts'

interface Node {
  type?: unknown
  name?: string
  namespace?: string
  logicalType?: string
  fields?: Field[]
  symbols?: string[]
  default?: unknown
  items?: unknown
  values?: unknown
  size?: number
}
interface Field {
  name: string
  type: unknown
  default?: unknown
}

/** Why `next` must not follow `previous`; empty when it may. */
export function incompatibilities(next: string, previous: string): string[] {
  const found: string[] = []
  const [nextNode, previousNode] = [JSON.parse(next) as Node, JSON.parse(previous) as Node]
  found.push(...missingDefaults(nextNode))
  const known = { next: namesIn(nextNode), previous: namesIn(previousNode) }
  compare(nextNode, previousNode, nextNode.name ?? '', { ...known, found, seen: new Set() })
  found.push(...cannotRead(next, previous, 'the new schema', 'the old one'))
  found.push(...cannotRead(previous, next, 'the old schema', 'the new one'))
  return [...new Set(found)]
}

/** Fields without a default, anywhere in the schema: they could never be left out by a writer. */
export function missingDefaults(schema: unknown): string[] {
  const found: string[] = []
  for (const [name, node] of namesIn(schema)) {
    for (const field of node.fields ?? []) {
      if (field.default === undefined) found.push(`${name}.${field.name} has no default`)
    }
  }
  return found
}

function cannotRead(reader: string, writer: string, readerIs: string, writerIs: string): string[] {
  try {
    parseSchema(reader).createResolver(parseSchema(writer))
    return []
  } catch (error) {
    return [`${readerIs} can't read values of ${writerIs}: ${messageOf(error)}`]
  }
}

interface Comparison {
  next: Map<string, Node>
  previous: Map<string, Node>
  found: string[]
  seen: Set<string>
}

function compare(nextType: unknown, previousType: unknown, path: string, at: Comparison): void {
  const next = resolve(nextType, at.next)
  const previous = resolve(previousType, at.previous)
  if (Array.isArray(next) && Array.isArray(previous)) {
    compareUnions(next, previous, path, at)
    return
  }
  const [nextKind, previousKind] = [kindOf(next), kindOf(previous)]
  if (nextKind !== previousKind) {
    at.found.push(`${path} changed from ${previousKind} to ${nextKind}`)
    return
  }
  if (typeof next === 'string' || typeof previous === 'string') return
  if (Array.isArray(next) || Array.isArray(previous)) return
  compareNodes(next, previous, path, at)
}

function compareNodes(next: Node, previous: Node, path: string, at: Comparison): void {
  if (previous.name !== undefined) {
    if (at.seen.has(previous.name)) return
    at.seen.add(previous.name)
  }
  for (const symbol of previous.symbols ?? []) {
    if (!(next.symbols ?? []).includes(symbol)) at.found.push(`${path} lost the symbol ${symbol}`)
  }
  for (const field of previous.fields ?? []) {
    const successor = next.fields?.find(candidate => candidate.name === field.name)
    if (successor === undefined) at.found.push(`${path}.${field.name} was removed`)
    else compare(successor.type, field.type, `${path}.${field.name}`, at)
  }
  if (previous.items !== undefined) compare(next.items, previous.items, `${path}[]`, at)
  if (previous.values !== undefined) compare(next.values, previous.values, `${path}{}`, at)
}

function compareUnions(next: unknown[], previous: unknown[], path: string, at: Comparison): void {
  for (const branch of previous) {
    const kind = kindOf(resolve(branch, at.previous))
    const successor = next.find(candidate => kindOf(resolve(candidate, at.next)) === kind)
    if (successor === undefined) at.found.push(`${path} no longer takes ${kind}`)
    else compare(successor, branch, path, at)
  }
}

function resolve(type: unknown, names: Map<string, Node>): string | unknown[] | Node {
  if (typeof type === 'string') return names.get(type.slice(type.lastIndexOf('.') + 1)) ?? type
  if (Array.isArray(type)) return type as unknown[]
  return type as Node
}

/** A word for what a type is; two types of different kinds never follow each other. */
function kindOf(type: string | unknown[] | Node): string {
  if (typeof type === 'string') return type
  if (Array.isArray(type)) return 'a union'
  const kind = typeof type.type === 'string' ? type.type : kindOf(type.type as Node)
  const details = [type.logicalType, type.name, type.size].filter(part => part !== undefined)
  return [kind, ...details].join(' ')
}

/** Named types by their short name, the nested ones too. */
function namesIn(schema: unknown, into = new Map<string, Node>()): Map<string, Node> {
  if (typeof schema !== 'object' || schema === null) return into
  if (Array.isArray(schema)) {
    for (const branch of schema) namesIn(branch, into)
    return into
  }
  const node = schema as Node
  if (node.name !== undefined && (node.fields ?? node.symbols ?? node.size) !== undefined) {
    into.set(node.name, node)
  }
  for (const field of node.fields ?? []) namesIn(field.type, into)
  namesIn(node.items, into)
  namesIn(node.values, into)
  return into
}
