// The OpenAPI document as the API itself serves it, in the parts that attacks need.

import type { Schema, Schemas } from './json-schema.ts'

export interface Content {
  readonly [contentType: string]: { readonly schema: Schema }
}

interface Response {
  readonly $ref?: string
  readonly content?: Content
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: Schema
}

interface Described {
  readonly operationId: string
  readonly security?: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, Response>>
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: {
    readonly schemas: Schemas
    readonly responses: Readonly<Record<string, Response>>
  }
}

export interface Operation {
  readonly id: string
  readonly method: string
  /** `/v1/admin/tenants/{id}` */
  readonly path: string
  readonly needsKey: boolean
  readonly parameters: readonly Parameter[]
  readonly body: Schema | null
  /** By status: content type and schema of what is answered; null: no content. */
  readonly answers: ReadonlyMap<number, { contentType: string; schema: Schema } | null>
}

export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Operation => {
      const { security = [], parameters = [] } = described
      return {
        id: described.operationId,
        method: method.toUpperCase(),
        path,
        needsKey: security.length > 0 && security.every(each => Object.keys(each).length > 0),
        parameters,
        body: described.requestBody?.content['application/json']?.schema ?? null,
        answers: new Map(
          Object.entries(described.responses).map(([status, response]) => [
            Number(status),
            contentOf(response, document),
          ]),
        ),
      }
    }),
  )
}

function contentOf(
  response: Response,
  document: OpenApi,
): { contentType: string; schema: Schema } | null {
  const name = response.$ref?.split('/').at(-1)
  const target = name === undefined ? response : document.components.responses[name]
  const [first] = Object.entries(target?.content ?? {})
  return first === undefined ? null : { contentType: first[0], schema: first[1].schema }
}
