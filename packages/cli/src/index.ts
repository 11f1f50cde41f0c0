// The `fleet` command, callable from tests and from `make`.

export { runFleet } from './fleet.ts'
export type { Surroundings } from './fleet.ts'
export { exitCodes } from './exit-code.ts'
export type { ExitCode } from './exit-code.ts'
export type { Terminal } from './terminal.ts'
