// `fleet acls plan` and `fleet acls apply`.

import type { AclAdmin } from '@fleet/kafka'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withAcls } from '../kafka.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'
import { readAclFile } from './acl-file.ts'
import type { DeclaredAcls } from './acl-file.ts'
import { planAcls } from './plan-acls.ts'
import type { AclPlan } from './plan-acls.ts'

/** Brokers hear of a change from the controller, a moment after it was acknowledged. */
const propagationMsMax = 10_000
const lookEveryMs = 100

interface AclOptions {
  file: string
}

export async function planAclsVerb(context: Context, { file }: AclOptions): Promise<ExitCode> {
  const settings = readSettings()
  const declared = await readAclFile(file, settings.environment)
  const plan = await withAcls(context, settings, admin => readPlan(admin, declared))
  print(context, declared, plan, 'would be made by fleet acls apply')
  return plan.drift.length === 0 ? exitCodes.ok : exitCodes.failed
}

/** Reports what it changed, and the drift that is left. */
export async function applyAclsVerb(context: Context, { file }: AclOptions): Promise<ExitCode> {
  const settings = readSettings()
  const declared = await readAclFile(file, settings.environment)
  const result = await withAcls(context, settings, async admin => {
    const { changes } = await readPlan(admin, declared)
    // First what is missing: a service must not lose one right before it has the other.
    await admin.createAcls(changes.filter(({ action }) => action === 'create'))
    await admin.deleteAcls(changes.filter(({ action }) => action === 'delete'))
    return { changes, drift: (await untilInForce(context, admin, declared)).drift }
  })
  print(context, declared, result, 'made')
  return result.drift.length === 0 ? exitCodes.ok : exitCodes.failed
}

async function readPlan(admin: AclAdmin, declared: DeclaredAcls): Promise<AclPlan> {
  const actual = []
  for (const principal of declared.principals) {
    actual.push(...(await admin.describeAcls(principal)))
  }
  return planAcls(declared, actual)
}

async function untilInForce(
  { clock, stopping }: Context,
  admin: AclAdmin,
  declared: DeclaredAcls,
): Promise<AclPlan> {
  const end = clock.elapsedMs() + propagationMsMax
  for (;;) {
    const plan = await readPlan(admin, declared)
    const isOver = clock.elapsedMs() > end || stopping.aborted
    if (plan.changes.length === 0 || isOver) return plan
    await clock.sleep(lookEveryMs, stopping)
  }
}

function print(
  context: Context,
  { principals, acls }: DeclaredAcls,
  { changes, drift }: AclPlan,
  whatOfChanges: string,
): void {
  if (context.json) return printJson(context, { changes, drift })
  const { terminal } = context
  const { green, yellow } = terminal.colors
  if (changes.length === 0 && drift.length === 0) {
    const what = `All ${acls.length} rights of ${principals.length} users are as declared.`
    terminal.write(green(`${what}\n`))
    return
  }
  if (changes.length > 0) {
    terminal.write(`${changes.length} change(s) ${whatOfChanges}:\n`)
    const rows = changes.map(({ action, principal, ...acl }) => [action, principal, aclText(acl)])
    terminal.write(table(terminal, ['action', 'user', 'right'], rows))
  }
  if (drift.length > 0) {
    terminal.write(yellow(`${drift.length} right(s) that are not declared (drift):\n`))
    const rows = drift.map(({ acl, detail }) => [acl.principal, aclText(acl), detail])
    terminal.write(table(terminal, ['user', 'right', 'difference'], rows))
  }
}

function aclText(acl: Omit<AclPlan['drift'][number]['acl'], 'principal'>): string {
  const { permission, operation, resource, pattern, name, host } = acl
  const names = pattern === 'PREFIXED' ? `${name}…` : name
  const from = host === '*' ? '' : ` from ${host}`
  return `${permission === 'DENY' ? 'no ' : ''}${operation} on ${resource} ${names}${from}`
}
