// Reads for people and programs: the newest state of a resource.

export { createApi } from './shell/http-app.ts'
export type { ApiPorts } from './shell/http-app.ts'
export { openRedis, redisStateStore } from './shell/redis-state-store.ts'
export type { StateStore, StoredState } from './core/state-store.ts'
export { codes } from './errors.ts'
