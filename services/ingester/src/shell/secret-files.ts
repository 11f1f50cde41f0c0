// Looks at the files that secrets are references to, without reading them.

import { stat } from 'node:fs/promises'
import { secretPath } from '@fleet/config'

/** Tells whether the files that references lead to have changed; cheap enough to ask often. */
export async function versionsOf(refs: readonly string[], dataDir: string): Promise<string> {
  const versions: string[] = []
  for (const ref of refs) {
    const path = secretPath(ref, dataDir)
    if (path !== null) versions.push(await versionOf(path))
  }
  return versions.join(' ')
}

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino}/${size}/${mtimeNs}`
  } catch {
    return 'unread'
  }
}
