// MACs and hashes: what proves who sent a delivery, and that a raw record came through the edge.

export { equalBytes, hmac, sha256, sha256Hex, textSha256Hex, textSha256Latin1 } from './digest.ts'
export { verifyEd25519 } from './ed25519.ts'
export { codes } from './errors.ts'
export { ProvenanceKeyRing } from './key-ring.ts'
export type { ProvenanceVerdict } from './key-ring.ts'
export { platform } from './platform.ts'
export { provenanceMac } from './provenance.ts'
