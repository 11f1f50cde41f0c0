// Whether a JSON value fits a schema. What is left out has its default; bytes are base64 text. The
// problems name paths and types, never values: a sample may have been copied from real life.

import { branchesOf, isUnion, readAvro, typeText } from './avro-node.ts'
import type { AvroNode, AvroSchema, Resolved } from './avro-node.ts'

export interface SampleProblem {
  readonly path: string
  readonly problem: string
}

export function sampleProblems(schemaText: string, sample: unknown): SampleProblem[] {
  const schema = readAvro(schemaText)
  const problems: SampleProblem[] = []
  visit(schema.root, sample, '', { schema, problems })
  return problems
}

interface Visit {
  readonly schema: AvroSchema
  readonly problems: SampleProblem[]
}

function visit(type: unknown, value: unknown, path: string, at: Visit): void {
  const { branches, nullable } = branchesOf(type, at.schema)
  if (value === null) {
    if (!nullable && !branches.includes('null')) at.problems.push({ path, problem: 'is null' })
    return
  }
  const branch = branches.find(each => takes(each, value))
  if (branch === undefined) {
    at.problems.push({ path, problem: `is no ${typeText(type, at.schema)}` })
    return
  }
  if (typeof branch === 'object' && !isUnion(branch)) visitNode(branch, value, path, at)
}

function visitNode(node: AvroNode, value: unknown, path: string, at: Visit): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(node.items, item, `${path}[]`, at)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const members = new Map<string, unknown>(Object.entries(value))
  if (node.type === 'map') {
    for (const member of members.values()) visit(node.values, member, `${path}{}`, at)
    return
  }
  const fields = new Map((node.fields ?? []).map(field => [field.name, field]))
  for (const [name, member] of members) {
    const below = path === '' ? name : `${path}.${name}`
    const field = fields.get(name)
    if (field === undefined) at.problems.push({ path: below, problem: 'is no field' })
    else visit(field.type, member, below, at)
  }
}

function takes(type: Resolved, value: unknown): boolean {
  if (isUnion(type)) return false
  const kind = typeof type === 'string' ? type : type.type
  switch (kind) {
    case 'string':
    case 'bytes':
    case 'fixed':
      return typeof value === 'string'
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31
    case 'long':
      return Number.isSafeInteger(value)
    case 'float':
    case 'double':
      return typeof value === 'number'
    case 'enum':
      return typeof type === 'object' && (type.symbols ?? []).includes(String(value))
    case 'array':
      return Array.isArray(value)
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value)
  }
}
