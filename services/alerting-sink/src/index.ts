// Alerting: a router that re-keys events by tenant, and the detectors that turn them into alerts.

export { alertingRouter, alertingSink } from './stage.ts'
