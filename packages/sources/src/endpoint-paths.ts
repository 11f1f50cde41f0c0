// Where the envelope stands in a body: the configured paths over the adapter's own.

import { defaultFallbackPaths, defaultPaths, fixedSettings } from './endpoint.ts'
import type { Adapter, EndpointPaths } from './endpoint.ts'
import type { Fields } from './endpoint-fields.ts'
import { placeOf, quoted, readObject, report, setting } from './endpoint-fields.ts'
import { isPath } from './paths.ts'

/** Setting name of each path; one that is set to null is not read, if the envelope can do without. */
const pathNames = {
  eventId: { name: 'event_id', isOptional: false },
  eventType: { name: 'event_type', isOptional: false },
  occurredAt: { name: 'occurred_at', isOptional: false },
  resourceId: { name: 'resource_id', isOptional: false },
  resourceType: { name: 'resource_type', isOptional: false },
  subaccountId: { name: 'subaccount_id', isOptional: true },
  deliveryAttempt: { name: 'delivery_attempt', isOptional: true },
  data: { name: 'data', isOptional: true },
} as const

const fieldNames = Object.keys(pathNames) as (keyof EndpointPaths)[]
const settingNames = Object.values(pathNames).map(({ name }) => name)

export function readPaths(
  endpoint: Fields,
  adapter: Adapter,
): { paths: EndpointPaths; fallbackPaths: Partial<EndpointPaths> } {
  const value = fixedSettings[adapter].includes('paths') ? null : setting(endpoint, 'paths')
  const fields = readObject(
    value ?? {},
    placeOf(endpoint, 'paths'),
    settingNames,
    endpoint.problems,
  )
  const configured: Partial<Record<keyof EndpointPaths, string | null>> = {}
  for (const field of fieldNames) {
    const path = readOnePath(fields, field)
    if (path !== undefined) configured[field] = path
  }
  // A configured path is meant: nothing else is tried in its place.
  const fallbacks = Object.entries(defaultFallbackPaths(adapter))
  return {
    paths: { ...defaultPaths(adapter), ...configured } as EndpointPaths,
    fallbackPaths: Object.fromEntries(fallbacks.filter(([field]) => !(field in configured))),
  }
}

/** Undefined: not configured. */
function readOnePath(fields: Fields, field: keyof EndpointPaths): string | null | undefined {
  const { name, isOptional } = pathNames[field]
  const path = setting(fields, name)
  if (path === null) return isOptional && name in fields.values ? null : undefined
  if (typeof path === 'string' && isPath(path)) return path
  const rule = 'a plain path as "$.a.b[0]", without filters or wildcards'
  report(fields, name, `must be ${rule}, got ${quoted(path)}`)
  return undefined
}
