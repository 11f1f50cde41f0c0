// The full lane: the processor's own main.ts in this very process, and beside it a look at its metrics
// until all expected records are committed. Settings come from FLEET_* as in production.
//
//   BENCH_EXPECT=300000 [BENCH_SAMPLE_EVERY=100000] full.ts

import { watch } from './watch.ts'

void watch({
  port: Number(process.env['FLEET_PROCESSOR_PORT']),
  expected: Number(process.env['BENCH_EXPECT']),
  sampleEvery: Number(process.env['BENCH_SAMPLE_EVERY'] ?? 0),
})
await import('../../../../services/processor/src/main.ts')
