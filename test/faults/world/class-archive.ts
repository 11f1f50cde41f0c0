// Class data of a running broker, kept beside the downloaded programs: with it a broker starts with half
// the work, and brokers are started often here. A machine without jcmd does without.

import { execFile } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export class ClassArchive {
  readonly #file: string

  constructor(distDir: string) {
    this.#file = join(distDir, 'broker-classes.jsa')
  }

  /** Options of a broker that is started now. Java ignores an archive that is not of its making. */
  options(): string[] {
    return existsSync(this.#file)
      ? [`-XX:SharedArchiveFile=${this.#file}`]
      : ['-XX:+RecordDynamicDumpInfo']
  }

  /** From a broker that has done everything once. */
  async keep(brokerPid: number | null): Promise<void> {
    if (brokerPid === null || existsSync(this.#file)) return
    const unfinished = `${this.#file}.${brokerPid}`
    try {
      await run('jcmd', [String(brokerPid), 'VM.cds', 'dynamic_dump', unfinished])
      renameSync(unfinished, this.#file)
    } catch {
      // Starts stay as slow as they are.
    }
  }
}
