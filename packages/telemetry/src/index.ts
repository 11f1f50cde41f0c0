// What a process tells about itself: log lines, metrics, trace ids, health.

export { codes } from './errors.ts'
export { createLogger, silentLogger } from './logger.ts'
export type { CreateLoggerOptions, Logger } from './logger.ts'
export { createMetrics } from './metrics.ts'
export type { Counter, Histogram, Labels, Metrics } from './metrics.ts'
export { metricsContentType, startOperationsServer } from './operations-server.ts'
export type { OperationsServer, OperationsServerOptions } from './operations-server.ts'
export { readinessOf } from './readiness.ts'
export type { Checks, Readiness } from './readiness.ts'
export { childTraceparent, traceIdOf } from './tracing.ts'
