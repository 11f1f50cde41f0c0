// Our type for a Smartcar delivery: it depends on what the delivery contains, not on its name alone.

import type { Signal, VehicleError } from '@fleet/contracts'

/** A state whose every signal failed tells nothing new about the vehicle. */
export function stateEventType(signals: readonly Signal[]): string {
  const allFailed = signals.length > 0 && signals.every(signal => signal.status === 'ERROR')
  return allFailed ? 'vehicle.signal_failed' : 'vehicle.state_reported'
}

export function errorEventType(errors: readonly VehicleError[]): string {
  const open = errors.filter(error => error.state !== 'RESOLVED')
  if (open.some(needsReauthentication)) return 'vehicle.reauthentication_required'
  return errors.length > 0 && open.length === 0 ? 'vehicle.error_resolved' : 'vehicle.signal_failed'
}

/** Only the vehicle's owner can repair these, by connecting again. */
function needsReauthentication(error: VehicleError): boolean {
  return [error.type, error.code ?? ''].some(
    text =>
      text.startsWith('PERMISSION') ||
      text === 'CONNECTED_SERVICES_ACCOUNT' ||
      text.endsWith('AUTHENTICATION_FAILED'),
  )
}
