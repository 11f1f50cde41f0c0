// Where each service that has no port of its own answers for health and metrics: one line a service,
// and its variable FLEET_<SERVICE>_PORT follows.

import type { ValidatorSpec } from 'envalid'
import { portNumber } from './validators.ts'

/** In the order a record passes them. */
const defaults = {
  processor: 9101,
  'crm-sink': 9102,
  'accounting-sink': 9103,
  'alerting-sink': 9104,
  automation: 9106,
  projector: 9105,
} as const

export type HealthService = keyof typeof defaults
export type HealthPorts = Readonly<Record<HealthService, number>>

type Constant<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Uppercase<Head>}_${Constant<Rest>}`
  : Uppercase<Name>
type PortVariable<Name extends HealthService = HealthService> = `FLEET_${Constant<Name>}_PORT`

export const healthServices = Object.keys(defaults) as readonly HealthService[]

export function portVariableOf(service: HealthService): PortVariable {
  return `FLEET_${service.toUpperCase().replaceAll('-', '_')}_PORT` as PortVariable
}

export const healthSpec = Object.fromEntries(
  healthServices.map(service => [
    portVariableOf(service),
    portNumber({ default: defaults[service], desc: `health and metrics of ${service}` }),
  ]),
) as Record<PortVariable, ValidatorSpec<number>>

export function healthPorts(read: Readonly<Record<PortVariable, number>>): HealthPorts {
  const ports = healthServices.map(service => [service, read[portVariableOf(service)]] as const)
  return Object.freeze(Object.fromEntries(ports) as Record<HealthService, number>)
}
