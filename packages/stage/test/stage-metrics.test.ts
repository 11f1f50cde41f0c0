import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '@fleet/telemetry'
import { StageMeters } from '../src/stage-metrics.ts'

test('what alerts read of a stage is there as 0 before it happens', async () => {
  const metrics = createMetrics('test')
  const stage = new StageMeters(metrics).forStage('crm-sink')
  const lost = 'fleet_stage_lost_total{stage="crm-sink"}'
  assert.ok((await metrics.text()).includes(`${lost} 0`))
  stage.lost()
  assert.ok((await metrics.text()).includes(`${lost} 1`))
})
