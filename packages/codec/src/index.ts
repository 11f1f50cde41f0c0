// Values to Confluent-framed Avro and back, with a schema registry behind it.

export { openCodec } from './codec.ts'
export type { Codec, CodecOptions } from './codec.ts'
export { incompatibilities, missingDefaults } from './compatibility.ts'
export { codes } from './errors.ts'
export type { CodecErrorCode } from './errors.ts'
export { httpRegistry } from './http-registry.ts'
export { memoryRegistry } from './memory-registry.ts'
export type { MemoryRegistry } from './memory-registry.ts'
export { checkSchemas, registerSchemas } from './register.ts'
export type { SubjectStatus } from './register.ts'
export type { Compatibility, RegistryAdmin, RegistryPort } from './registry-port.ts'
export { schemaIdOf } from './wire-format.ts'
