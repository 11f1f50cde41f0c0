// The provenance keys of a process that replays: the edge's own file.

import { readFileSync } from 'node:fs'
import { ProvenanceKeyRing } from '@fleet/signatures'

/**
 * Null where the file can't be read: this process is given none, and replays the letters of sinks alone.
 * @throws FleetError for a file that is there and is no key ring: nothing is refused because of it.
 */
export function readSigningKeys(file: string): ProvenanceKeyRing | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return null
  }
  return ProvenanceKeyRing.parse(text)
}
