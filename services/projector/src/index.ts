// The projector: fleet.state.v1 as a Redis view.

export { openRedis } from './shell/redis-client.ts'
export { RedisStateView } from './shell/redis-state-view.ts'
export type { ViewRecord } from './core/view-batch.ts'
export { codes } from './errors.ts'
