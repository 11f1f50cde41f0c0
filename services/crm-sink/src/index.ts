// The CRM sink: events of reservations, sessions, incidents, violations and customers become CRM
// records.

export { codes } from './errors.ts'
export { crmSink } from './stage.ts'
