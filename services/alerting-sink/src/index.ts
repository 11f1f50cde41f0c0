// Alerting: a router that re-keys events by tenant, and the detectors that turn them into alerts.

export { alertingRouter, alertingSink } from './stage.ts'
export { readDetectorSettings } from './read-detector-settings.ts'
export { toAlertmanager } from './core/outside/to-alertmanager.ts'
export type { AlertmanagerAlert } from './core/outside/to-alertmanager.ts'
export { toPagerDuty } from './core/outside/to-pagerduty.ts'
export type { PagerDutyEvent } from './core/outside/to-pagerduty.ts'
