// What an operation of the admin API is: its place, who may call it, how it is documented and what it
// does. Routes and the OpenAPI document are both made from these.

import type { ApiKeyRecord, ControlPlane, Precondition, Scope } from '@fleet/control'
import type { JsonObject } from '@fleet/sources'
import type { ProblemCode } from '../../core/problem.ts'
import type { DeadLetterDesk } from '../dead-letters/desk.ts'
import type { SchemaName } from './schemas.ts'

export interface Call {
  readonly plane: ControlPlane
  /** Null while Kafka or the registry could not be reached yet. */
  readonly deadLetters: DeadLetterDesk | null
  readonly actor: ApiKeyRecord
  readonly parameters: Readonly<Record<string, string>>
  /** Query parameters that the operation declares, each at most once. */
  readonly query: Readonly<Record<string, string>>
  readonly precondition: Precondition
  /** Of an operation that declares one. */
  readonly body: JsonObject
}

export type Answer =
  | { readonly status: number; readonly body: object | null; readonly revision?: number }
  /** One JSON object a line, written as they come. */
  | { readonly status: number; readonly lines: AsyncGenerator<object> }
  | {
      readonly problem: ProblemCode
      readonly detail: string
      readonly problems?: readonly string[]
    }

export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** As in OpenAPI: `/v1/admin/tenants/{id}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly scope: Scope
  readonly query?: readonly string[]
  /** Takes If-Match or If-None-Match, and refuses without one. */
  readonly conditional?: true
  readonly request?: SchemaName
  readonly response: {
    readonly status: number
    readonly schema: SchemaName | null
    /** The schema is that of each line. */
    readonly isLines?: true
  }
  /** Created instead of changed is answered 201. */
  readonly created?: true
  run(call: Call): Promise<Answer> | Answer
}
