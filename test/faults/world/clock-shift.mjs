// Loaded into a service with --import: its wall clock runs ahead or behind by the milliseconds that the
// file named in FAULTS_CLOCK_FILE holds, looked up a few times a second. Elapsed time is left alone.

import { readFileSync } from 'node:fs'

const file = process.env['FAULTS_CLOCK_FILE'] ?? ''
const RealDate = Date
const realNow = Date.now.bind(Date)
let shiftMs = 0

function look() {
  try {
    shiftMs = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    shiftMs = 0
  }
}

class ShiftedDate extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + shiftMs)
    else super(...given)
  }

  static now() {
    return realNow() + shiftMs
  }
}

if (file !== '') {
  look()
  globalThis.Date = ShiftedDate
  setInterval(look, 250).unref()
}
