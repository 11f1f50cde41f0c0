// Where a worker thread begins: loads the service's program. A thread does not take over the loader
// that the process was started with (`--import tsx`), so it is registered again where Node itself
// cannot run TypeScript. JavaScript, because nothing else is understood before that.

import { workerData } from 'node:worker_threads'

if (!process.features.typescript && workerData.program.endsWith('.ts')) {
  const { register } = await import('tsx/esm/api')
  register()
}
await import(workerData.program)
