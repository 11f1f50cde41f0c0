// A copy of the sources in which a defect can be planted, so that the checkout is never touched.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { planted } from './mutants.ts'
import type { Mutant } from './mutants.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const copied = [
  'packages',
  'services',
  'schemas',
  'infra/alerts',
  'test/simulation',
  'test/support',
  'package.json',
]

/** Names each mutant whose text is not there any more, and the text. */
export function staleMutants(wanted: readonly Mutant[]): string[] {
  const stale: string[] = []
  for (const { name, edits } of wanted) {
    for (const edit of edits) {
      if (planted(readFileSync(join(root, edit.file), 'utf8'), edit) !== null) continue
      stale.push(`${name}: ${edit.file} has no longer (or not once) ${JSON.stringify(edit.find)}`)
    }
  }
  return stale
}

export class SourceCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-mutants-'))
  readonly #originals = new Map<string, string>()

  /** Packages resolve to the copy's own; everything else to the installed ones. */
  constructor() {
    process.once('exit', () => this.remove())
    for (const name of copied)
      cpSync(join(root, name), join(this.folder, name), { recursive: true })
    const installed = join(root, 'node_modules')
    const modules = join(this.folder, 'node_modules')
    mkdirSync(join(modules, '@fleet'), { recursive: true })
    for (const name of readdirSync(installed)) {
      if (name === '@fleet' || name.startsWith('.')) continue
      symlinkSync(join(installed, name), join(modules, name))
    }
    for (const name of readdirSync(join(installed, '@fleet'))) {
      symlinkSync(readlinkSync(join(installed, '@fleet', name)), join(modules, '@fleet', name))
    }
  }

  plant({ name, edits }: Mutant): void {
    for (const edit of edits) {
      const path = join(this.folder, edit.file)
      const text = readFileSync(path, 'utf8')
      const changed = planted(text, edit)
      if (changed === null) throw new Error(`mutant ${name} does not fit ${edit.file}`)
      if (!this.#originals.has(path)) this.#originals.set(path, text)
      writeFileSync(path, changed)
    }
  }

  restore(): void {
    for (const [path, text] of this.#originals) writeFileSync(path, text)
    this.#originals.clear()
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
