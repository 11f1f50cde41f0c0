// Contracts with the consumers of our topics: what they declare, what would break them, how long a
// field stays, what changed.

export { declaredArbitrary, schemaArbitrary } from './arbitrary.ts'
export type { Overrides } from './arbitrary.ts'
export { changelogProblems, completeChangelog } from './changelog.ts'
export type { ReleasedRecord } from './changelog.ts'
export { changesBetween } from './changes.ts'
export type { SchemaChange } from './changes.ts'
export { checkDeclarations } from './check.ts'
export type { Catalog, RecordSchemas } from './check.ts'
export { parseDeclaration } from './declaration.ts'
export type { Declaration, DeclarationReading, Expectation, TopicRead } from './declaration.ts'
export { deprecationProblems } from './deprecation.ts'
export type { ReleasedText } from './deprecation.ts'
export { codes } from './errors.ts'
export { fieldsOf } from './fields.ts'
export type { Fields, SchemaField } from './fields.ts'
export { findingCodes, findingText } from './finding.ts'
export type { Finding, FindingCode } from './finding.ts'
export { removalProblems } from './removal.ts'
export type { RemovalInput } from './removal.ts'
export {
  catalogOf,
  readDeclaration,
  readDeclarations,
  readSchemas,
  recordNameOf,
  releaseDays,
  releasedHistory,
  releasedRecords,
  schemasDirectory,
} from './repository.ts'
export { sampleProblems } from './sample.ts'
export type { SampleProblem } from './sample.ts'
export { eventTypeVocabulary } from './vocabulary.ts'
