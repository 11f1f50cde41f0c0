// The machine's randomness, made constant for this process: span ids are drawn from it without a door,
// and with them a run would not be the same bytes twice. Nothing simulated may depend on their value.

import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

Object.assign(crypto, { randomBytes: (size: number): Buffer => Buffer.alloc(size, 0x5a) })
syncBuiltinESMExports()
