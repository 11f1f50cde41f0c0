// Every field of a schema by its path: `resource.id`, `lines[].account` (of each line),
// `registers{}.rank` (of each value of a map). The empty path is the record itself.

import { branchesOf, isUnion, readAvro, typeText } from './avro-node.ts'
import type { AvroNode, AvroSchema, Resolved } from './avro-node.ts'

export interface SchemaField {
  readonly path: string
  /** As it stands there. */
  readonly ownType: string
  /** With a `?` as well when something above it may be null. */
  readonly type: string
  readonly default: unknown
  /** Of an enum. */
  readonly symbols: readonly string[] | null
  readonly doc: string
  /** The field itself, and its named type, as they stand in the file. */
  readonly attributes: Readonly<Record<string, unknown>>
}

export type Fields = ReadonlyMap<string, SchemaField>

/** @throws FleetError CONTRACT_INVALID (fatal): the text is no Avro record. */
export function fieldsOf(schemaText: string): Fields {
  const schema = readAvro(schemaText)
  const found = new Map<string, SchemaField>()
  const { root } = schema
  const attributes = { ...root } as Record<string, unknown>
  const ownType = root.name ?? ''
  const rest = { default: undefined, symbols: null, doc: root.doc ?? '', attributes }
  found.set('', { path: '', ownType, type: ownType, ...rest })
  addFields(root, '', false, [root], { schema, found })
  return found
}

interface Walk {
  readonly schema: AvroSchema
  readonly found: Map<string, SchemaField>
}

/** `open`: records we are inside of; a record within itself is not followed again. */
function addFields(
  record: AvroNode,
  prefix: string,
  belowNull: boolean,
  open: readonly AvroNode[],
  walk: Walk,
): void {
  for (const field of record.fields ?? []) {
    const path = prefix === '' ? field.name : `${prefix}.${field.name}`
    const { branches, nullable } = branchesOf(field.type, walk.schema)
    const ownType = typeText(field.type, walk.schema)
    const named = branches.length === 1 && isNode(branches[0]) ? branches[0] : undefined
    walk.found.set(path, {
      path,
      ownType,
      type: belowNull && !nullable ? `${ownType}?` : ownType,
      default: field.default,
      symbols: named?.symbols ?? null,
      doc: field.doc ?? '',
      attributes: { ...deprecationOfType(named), ...field },
    })
    for (const branch of branches) follow(branch, path, belowNull || nullable, open, walk)
  }
}

/** What a record or enum says of itself holds for every field of its type. */
function deprecationOfType(named: AvroNode | undefined): Record<string, unknown> {
  if (named?.name === undefined) return {}
  const { type: _, name: _name, doc: _doc, default: _default, ...rest } = named
  return rest
}

function follow(
  type: Resolved,
  path: string,
  belowNull: boolean,
  open: readonly AvroNode[],
  walk: Walk,
): void {
  if (!isNode(type)) return
  if (type.type === 'record') {
    if (!open.includes(type)) addFields(type, path, belowNull, [...open, type], walk)
    return
  }
  const [inner, mark] = type.type === 'map' ? [type.values, '{}'] : [type.items, '[]']
  if (inner === undefined) return
  const { branches, nullable } = branchesOf(inner, walk.schema)
  for (const branch of branches) follow(branch, `${path}${mark}`, belowNull || nullable, open, walk)
}

function isNode(type: Resolved | undefined): type is AvroNode {
  return typeof type === 'object' && !isUnion(type)
}

/** The field and everything it stands in, the record itself first. */
export function withAncestors(fields: Fields, path: string): SchemaField[] {
  const found: SchemaField[] = []
  const parts = path === '' ? [] : path.split('.')
  for (let length = 0; length <= parts.length; length++) {
    const upTo = parts.slice(0, length).join('.')
    const field = fields.get(upTo) ?? fields.get(upTo.replace(/(\[\]|\{\})+$/, ''))
    if (field !== undefined) found.push(field)
  }
  return found
}

/** Whether it stands somewhere inside of the other. */
export function isPartOf(path: string, ancestor: string): boolean {
  return ['.', '[]', '{}'].some(mark => path.startsWith(`${ancestor}${mark}`))
}
