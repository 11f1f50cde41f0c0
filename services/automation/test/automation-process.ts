// Automation as a process of its own, for a test that kills it. Arguments: brokers, topic prefix. A
// review is overdue after two seconds.

import { messageOf, runService } from '@fleet/runtime'

import { policiesOf } from './build-event.ts'
import { startAutomation } from './real-stage.ts'

const [brokers = '', prefix = ''] = process.argv.slice(2)

const policies = policiesOf(file => {
  file.defaults.times = { ...file.defaults.times, violation_review: 'PT2S' }
})

await runService('automation', async scope => {
  const running = await startAutomation(brokers, prefix, policies)
  scope.onClose('stage', () => running.stop())
  running.failed.catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`)
    scope.fail(error)
  })
})
