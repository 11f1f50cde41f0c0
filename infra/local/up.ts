// `make up`: everything a newcomer needs, in order, in the background; then the demo. Its last line is
// for machines: RESULT and one JSON object. Safe to repeat: what runs is reused.

import { fetchDistribution } from './distribution.ts'
import { fleet } from './fleet-command.ts'
import { allComponents, bringUp } from './infrastructure.ts'
import { prepareContracts } from './prepare-contracts.ts'
import { startProgress } from './progress.ts'
import { script } from './script.ts'
import { refuseTakenServicePorts, startServices } from './services.ts'
import { localPorts, readLocalSettings } from './settings.ts'
import type { LocalSettings } from './settings.ts'

const progress = startProgress(text => process.stdout.write(text))

async function infrastructure(settings: LocalSettings): Promise<void> {
  const { folders, platform } = settings
  const ports = localPorts(platform)
  await progress.step('infrastructure: Kafka, schema registry, Redis', async () => {
    const fetched = await fetchDistribution(folders, text => progress.line(`  fetching: ${text}`))
    if (fetched) progress.line('  fetched')
    const plan = { folders, ports, only: allComponents }
    await bringUp(plan, (name, port, arrival) =>
      progress.line(`  ${name.padEnd(16)} 127.0.0.1:${port}  ${arrival}`),
    )
  })
}

async function services(settings: LocalSettings): Promise<void> {
  await progress.step('services', async () => {
    const arrival = await startServices(settings, (name, port) =>
      progress.line(`  ${name.padEnd(16)} http://127.0.0.1:${port}/ready  ready`),
    )
    if (arrival === 'reused') progress.line('  were running already (`make restart` restarts them)')
  })
}

async function demo(settings: LocalSettings): Promise<boolean> {
  return progress.step('demo: signed webhooks from four kinds of source', async () => {
    process.stdout.write('\n')
    const { exitCode } = await fleet(settings, ['demo'], 'shown')
    return exitCode === 0
  })
}

function whereToLook(settings: LocalSettings): string {
  const host = '127.0.0.1'
  return `
Everything runs in the background.
  webhooks   http://${host}:${settings.platform.ingestPort}/v1/hooks/<endpoint>
  reads      http://${host}:${settings.platform.apiPort}/v1/resources/<type>/<id>?tenant=demo
  metrics    http://${host}:${settings.platform.ingestPort}/metrics (and one port per service: make status)
  logs       make logs SERVICE=processor FOLLOW=1

Try next:
  npx fleet send levy-demo --type reservation.created --resource reservation/R-1
  npx fleet tail events.reservation --from earliest --max 5
  npx fleet verify
  npx fleet doctor
  make down     ends everything; what was written stays for the next make up
`
}

async function up(): Promise<boolean> {
  const settings = readLocalSettings()
  refuseTakenServicePorts(settings)
  await infrastructure(settings)
  await progress.step('secrets, topics, schemas', () =>
    prepareContracts(settings, text => progress.line(`  ${text}`)),
  )
  await services(settings)
  const reconciled = process.env['DEMO'] === '0' || (await demo(settings))
  process.stdout.write(whereToLook(settings))
  return reconciled
}

await script(up)
const result = {
  name: 'up',
  reconciled: process.exitCode === 0,
  seconds: progress.elapsedSeconds(),
}
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`)
