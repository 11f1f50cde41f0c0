// Loaded into every process of an ingester that is watched: says each second how much memory it holds, in
// a file named by its pid. Nothing else of the process changes.

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const everyMs = 1000
const folder = process.env['MEMORY_PROBE_DIR']

if (folder !== undefined) {
  const file = join(folder, String(process.pid))
  const say = () => {
    try {
      writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()))
      renameSync(`${file}.new`, file)
    } catch {
      // The folder is gone: whoever watched has ended.
    }
  }
  setInterval(say, everyMs).unref()
}
