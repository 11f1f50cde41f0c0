// Reads the file of tenant policies, once: a change of policies is a restart, so that it is known from
// which moment on it holds.

import { readFileSync } from 'node:fs'

import { FleetError, messageOf } from '@fleet/runtime'

import { parsePolicies } from '../core/parse-policies.ts'
import type { Policies } from '../core/policies.ts'
import { codes } from '../errors.ts'

/** @throws FleetError POLICIES_INVALID (fatal) with every problem of the file. */
export function readPolicies(path: string): Policies {
  const reading = parsePolicies(textOf(path))
  if (reading.ok) return reading.policies
  throw invalid(`${path}: ${reading.problems.join('; ')}`)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

function invalid(message: string): FleetError {
  return new FleetError('POLICIES_INVALID', codes.POLICIES_INVALID.fate, message)
}
