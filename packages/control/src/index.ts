// The control plane: tenants, endpoints, secrets and API keys in one compacted topic, with one fenced
// writer, followers everywhere else, and an audit record for every change.

export { hasScope, mayDeliver, reaches } from './core/api-key.ts'
export type { Authentication } from './core/api-key.ts'
export type { AuditRecord } from './core/audit.ts'
export { noPrecondition } from './core/commands.ts'
export type {
  Actor,
  Command,
  Decision,
  Precondition,
  Refusal,
  RefusalCode,
} from './core/commands.ts'
export { EndpointCatalog } from './core/endpoint-catalog.ts'
export type { CatalogReading } from './core/endpoint-catalog.ts'
export { exportEndpoints } from './core/endpoints-file.ts'
export type { KeyUse } from './core/key-use.ts'
export { scopes } from './core/records.ts'
export type {
  ApiKeyRecord,
  EndpointRecord,
  Scope,
  SecretRecord,
  TenantRecord,
} from './core/records.ts'
export { shown } from './core/shown.ts'
export { ControlState } from './core/state.ts'
export { codes } from './errors.ts'
export { followControl } from './shell/control-follower.ts'
export type { ControlFollower, ControlFollowerOptions } from './shell/control-follower.ts'
export { ControlPlane } from './shell/control-plane.ts'
export type { ControlPlaneOptions } from './shell/control-plane.ts'
export { MasterKeys } from './shell/master-keys.ts'
export { keyUseRecord, readKeyUses } from './shell/key-uses.ts'
export { readAudit } from './shell/read-audit.ts'
export type { AuditPage } from './shell/read-audit.ts'
export { SecretOpener } from './shell/secret-opener.ts'
