// Replayed letters: every one that was sent back is decided again, once for each of its failures, and
// the stage keeps those that are open. What was not mended before fails again; what became of a mended one
// is in the ledger, see ledger.ts.

import { headerNames, stageNames, topics } from '@fleet/contracts'
import type { DeadLetter, StageName } from '@fleet/contracts'

import type { History, Violation } from './history.ts'
import { mendedLetters } from './mended.ts'

const letterPrefix = '!letter/'

export function judgeLetters(history: History): Violation[] {
  const mended = new Set(mendedLetters(history).map(one => `${one.letterId} ${one.attempt}`))
  return stageNames
    .filter(stage => stage !== 'processor')
    .flatMap(stage =>
      Array.from({ length: history.partitions }, (_, partition) =>
        judgePartition(history, stage, partition, mended),
      ).flat(),
    )
}

function judgePartition(
  history: History,
  stage: StageName,
  partition: number,
  mended: ReadonlySet<string>,
): Violation[] {
  const violations: Violation[] = []
  const complain = (rule: string, id: string, what: string): void => {
    violations.push({ rule, detail: `${stage}-${partition}: letter ${id} ${what}` })
  }
  const attempts = failedAttempts(history, stage, partition, complain)
  const sent = sentAttempts(history, stage, partition)
  const kept = keptLetters(history, stage, partition)
  for (const [id, attempt] of attempts) {
    const asked = sent.get(id) ?? 0
    const isSettled = attempt === asked && mended.has(`${id} ${asked}`)
    if (attempt < asked + 1 && !isSettled) {
      complain('lost-redrive', id, 'was sent back and not decided again')
    }
    if (attempt > asked + 1) complain('repeated-redrive', id, 'was decided unasked')
    const must = isSettled ? undefined : attempt
    const is = kept.get(id)
    if (is !== must) complain('lost-redrive', id, `is kept as ${is}, not ${must}`)
  }
  for (const id of kept.keys()) {
    if (!attempts.has(id)) complain('repeated-redrive', id, 'is kept and was never written')
  }
  return violations
}

/** Of each letter, how often it failed. */
function failedAttempts(
  history: History,
  stage: StageName,
  partition: number,
  complain: (rule: string, id: string, what: string) => void,
): Map<string, number> {
  const topic = topics.deadLetters[stage]
  const attempts = new Map<string, number>()
  for (const entry of history.committed(topic, partition)) {
    const letter = history.value<DeadLetter>(topic, entry)
    if (letter === null) continue
    const { dead_letter_id: id, attempt } = letter
    const before = attempts.get(id) ?? 0
    if (attempt <= before) complain('repeated-redrive', id, `failed twice at attempt ${attempt}`)
    if (attempt > before + 1) complain('lost-redrive', id, `has no attempt ${before + 1}`)
    attempts.set(id, Math.max(before, attempt))
  }
  return attempts
}

/** Of each letter that was sent back, its last attempt. */
function sentAttempts(history: History, stage: StageName, partition: number): Map<string, number> {
  const sent = new Map<string, number>()
  for (const entry of history.committed(topics.redrive, partition)) {
    if (String(entry.record.headers[headerNames.stage]) !== stage) continue
    const letter = history.value<DeadLetter>(topics.redrive, entry)
    if (letter === null) continue
    const { dead_letter_id: id, attempt } = letter
    sent.set(id, Math.max(sent.get(id) ?? 0, attempt))
  }
  return sent
}

/** By the changelog: attempt of each open letter. */
function keptLetters(history: History, stage: StageName, partition: number): Map<string, number> {
  const kept = new Map<string, number>()
  for (const { record } of history.committed(topics.changelogs[stage], partition)) {
    const key = String(record.key)
    if (!key.startsWith(letterPrefix)) continue
    const id = key.slice(letterPrefix.length)
    if (record.value === null) kept.delete(id)
    else kept.set(id, (JSON.parse(String(record.value)) as { attempt: number }).attempt)
  }
  return kept
}
