// Access control lists of a cluster, as Kafka names their parts (kafka-acls.sh prints the same words).

/** One right, or one prohibition, of one principal. */
export interface Acl {
  /** `User:<name>`; with mutual TLS the distinguished name of the certificate. */
  principal: string
  /** The address it holds for; `*` is any. */
  host: string
  resource: AclResource
  /** The name of the resource, or what names begin with; of the cluster `kafka-cluster`. */
  name: string
  pattern: AclPattern
  operation: AclOperation
  permission: 'ALLOW' | 'DENY'
}

export type AclResource = 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID' | 'CLUSTER'
export type AclPattern = 'LITERAL' | 'PREFIXED'
export type AclOperation =
  | 'ALL'
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'CLUSTER_ACTION'
  | 'IDEMPOTENT_WRITE'

/** Needs rights on the cluster: DESCRIBE to read them, ALTER to change them. */
export interface AclAdmin {
  /** Of this principal alone; kinds of resources that are not named above are left out. */
  describeAcls(principal: string): Promise<Acl[]>
  createAcls(acls: readonly Acl[]): Promise<void>
  /** Deletes exactly these. */
  deleteAcls(acls: readonly Acl[]): Promise<void>
  close(): Promise<void>
}
