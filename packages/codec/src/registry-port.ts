// What the codec and the deploy step need of a schema registry. Two implementations: HTTP and memory.
// All methods reject with a FleetError: REGISTRY_UNREACHABLE (transient) or REGISTRY_REFUSED (fatal).

export interface RegistryPort {
  /** The schema text with this id; null when the registry knows no such id. */
  findSchema(id: number): Promise<string | null>
  /** The id under which exactly this schema is registered in the subject; null when it is not. */
  findId(subject: string, schema: string): Promise<number | null>
}

export interface RegistryAdmin extends RegistryPort {
  /** Version of the schema in the subject; null when it is not registered. */
  findVersion(subject: string, schema: string): Promise<number | null>
  /** Whether the registry would take the schema as the subject's next version. */
  checkCompatible(subject: string, schema: string): Promise<Compatibility>
  /** Makes FULL_TRANSITIVE the subject's rule; no effect on a subject that does not exist yet. */
  requireCompatibility(subject: string): Promise<void>
  /**
   * Registers; the same schema again gives the same id.
   * @throws FleetError SCHEMA_INCOMPATIBLE (fatal)
   */
  register(subject: string, schema: string): Promise<number>
}

export type Compatibility = { compatible: true } | { compatible: false; reason: string }

/** Every consumer may be older or newer than every producer, by any number of versions. */
export const compatibilityMode = 'FULL_TRANSITIVE'
