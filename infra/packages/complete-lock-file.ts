// Completes package-lock.json after a dependency has changed. npm leaves out optional packages of other
// platforms that it could not look up, and `npm ci` then refuses the file everywhere. The entries added
// here name version and platform, as npm's own do; a platform that needs one fetches it by them.
//
//   npm install --package-lock-only && node --import tsx infra/packages/complete-lock-file.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  version?: string
  dev?: boolean
  optional?: boolean
  cpu?: string[]
  os?: string[]
  optionalDependencies?: Record<string, string>
}

const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url))
const platform =
  /(android|darwin|freebsd|linux|win32|openharmony|netbsd|openbsd|sunos|aix)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el)/
const exactVersion = /^\d+\.\d+\.\d+/

const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> }
let added = 0
for (const [path, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    const isThere = lock.packages[place] ?? lock.packages[`${path}/${place}`]
    const [, os, cpu] = platform.exec(name) ?? []
    if (isThere !== undefined || os === undefined || cpu === undefined) continue
    if (!exactVersion.test(version)) continue
    lock.packages[place] = { version, cpu: [cpu], dev: true, optional: true, os: [os] }
    added++
  }
}
const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(
  file,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
)
process.stdout.write(`package-lock.json: ${added} platform entries added\n`)
