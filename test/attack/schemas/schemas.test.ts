// Hostile schema files, each as a test.

import { test } from 'node:test'
import { schemaAttacks } from './cases.ts'

for (const { row, name, run } of schemaAttacks) test(`${row}: ${name}`, run)
