// Defects that were made before, here or elsewhere, each as a small change of the sources. A text that
// is no longer there fails loudly and names its mutant: the defect must then be planted anew, where the
// code now does what the mutant's sentence speaks of.

export interface Edit {
  readonly file: string
  /** As short as it can be and still stand there once; with `everywhere`, at least once. */
  readonly find: string
  readonly replace: string
  readonly everywhere?: true
}

export interface Mutant {
  readonly name: string
  /** What the code then does wrong. */
  readonly what: string
  readonly edits: readonly Edit[]
}

const task = 'packages/stage/src/transactional-task.ts'
const partitionSet = 'packages/stage/src/partition-set.ts'
const restore = 'packages/stage/src/restore.ts'
const decider = 'packages/stage/src/batch-decider.ts'
const progress = 'packages/stage/src/progress.ts'
const filter = 'packages/kafka/src/committed-records.ts'
const core = 'services/processor/src/core'

function mutant(
  name: string,
  what: string,
  ...edits: readonly (readonly [file: string, find: string, replace: string])[]
): Mutant {
  return { name, what, edits: edits.map(([file, find, replace]) => ({ file, find, replace })) }
}

/** After a failure, memory goes on as it was when the transaction was tried. */
const memoryKept: Edit = {
  file: task,
  find: 'this.#changelogPosition = -1',
  replace: '',
  everywhere: true,
}

const loopMutants: readonly Mutant[] = [
  {
    name: 'memory-before-commit',
    what: 'changes become memory before their transaction commits',
    edits: [
      memoryKept,
      {
        file: task,
        find: 'const committed = await writer.commit(',
        replace:
          'this.#state.commit(); this.#progress = progress\n' +
          'const committed = await writer.commit(',
      },
    ],
  },
  {
    name: 'id-remembered-on-failure',
    what: 'ids of a failed transaction stay in memory',
    edits: [memoryKept],
  },
  mutant('lost-answer-taken-for-commit', 'a transaction whose answer is lost counts as committed', [
    task,
    'metrics.lost()',
    'metrics.lost(); return []',
  ]),
  mutant(
    'progress-in-second-transaction',
    'positions are committed after the outputs, not with them',
    [task, 'log.push(this.#changelogRecord(progressKey, encodeProgress(progress)))', ''],
    [
      task,
      'metrics.batch(',
      'await writer.commit([this.#changelogRecord(progressKey, encodeProgress(progress))])\n' +
        'metrics.batch(',
    ],
  ),
  mutant(
    'no-fence',
    'each owner of a partition has a transactional id of its own, so nobody fences anybody',
    [
      task,
      'transactionalId: transactionalIdOf(',
      'transactionalId: ids.uuid() + transactionalIdOf(',
    ],
  ),
  mutant(
    'kept-partition-not-fenced',
    'memory kept across a rebalance is believed, whoever owned the partition in between',
    [restore, 'foreign.length === 0', 'foreign.length >= 0'],
  ),
  {
    name: 'dead-writer-kept',
    what: 'a writer is used again after an indefinite error',
    edits: [
      {
        file: task,
        find: 'await this.#writer?.close()',
        replace: 'await Promise.resolve()',
        everywhere: true,
      },
      { file: task, find: 'this.#writer = null', replace: '', everywhere: true },
      { file: task, find: 'this.#writer = await broker', replace: 'this.#writer ??= await broker' },
    ],
  },
  mutant('restore-ends-early', 'restoring leaves out what stands right before the barrier', [
    restore,
    'record.offset <= barrierOffset &&',
    'record.offset < barrierOffset - 2 &&',
  ]),
  mutant(
    'positions-forgotten',
    'reading goes on at the start of the log, not at the restored position',
    [task, 'offset: this.#progress.positions[name] ?? -1', 'offset: -1'],
  ),
  mutant(
    'positions-before-records',
    'the first transaction of a take moves past all records of the take',
    [task, 'if (to === records.length) batch.moveTo', 'batch.moveTo'],
  ),
  mutant(
    'dead-letter-without-progress',
    'a dead letter is written without its input position',
    [
      task,
      'if (to === records.length) batch.moveTo',
      'if (batch.tally.counts.dead_letter === 0) batch.moveTo',
    ],
    [
      decider,
      'batch.progress.positions[record.topic] = record.offset + 1',
      'if (refusal === null) batch.progress.positions[record.topic] = record.offset + 1',
    ],
  ),
  mutant('tick-lost-on-restart', 'a restarted task takes the tick that is due for done', [
    task,
    'this.#progress = restored.progress',
    'const tickNow = this.#declaration.tickMs ?? 1\n' +
      'const tickedMs = Math.floor(clock.wallMs() / tickNow) * tickNow\n' +
      'const lastTickMs = Math.max(tickedMs, restored.progress.lastTickMs)\n' +
      'this.#progress = { ...restored.progress, lastTickMs }',
  ]),
  mutant('tick-repeated-on-restart', 'the last tick is not in the progress', [
    progress,
    'JSON.stringify(progress)',
    'JSON.stringify({ ...progress, lastTickMs: 0 })',
  ]),
  mutant('stream-time-goes-back', 'stream time follows the last record, not the newest', [
    decider,
    'Math.max(before, record.timestampMs)',
    'record.timestampMs',
  ]),
  mutant(
    'revoked-work-goes-on',
    'a revoked partition is given up, and taken again, before the work under way has ended',
    [partitionSet, 'await Promise.all(running.map(({ done }) => done))', ''],
    [partitionSet, 'await earlier?.done', ''],
  ),
  mutant('memory-of-a-commit-forgotten', 'what was staged is thrown away when it commits', [
    'packages/stage/src/keyed-state.ts',
    'else this.#committed.set(key, value)\n    }\n    this.#staged.clear()',
    '}\n    this.#staged.clear()',
  ]),
]

const readerMutants: readonly Mutant[] = [
  mutant(
    'unpatched-filter',
    'the filter of aborted records as kafkajs has it: the list as it comes, one per batch',
    [
      filter,
      'abortedTransactions.toSorted((a, b) => a.firstOffset - b.firstOffset)',
      '[...abortedTransactions]',
    ],
    [
      filter,
      'while (nextUpcoming < upcoming.length) {',
      'for (let once = 0; once < 1 && nextUpcoming < upcoming.length; once++) {',
    ],
  ),
  mutant('filter-never-ends', 'a producer that aborted once is never believed again', [
    filter,
    'if (batch.abortMarker) aborting.delete(batch.producerId)',
    '',
  ]),
  mutant('aborted-records-read', 'aborted records are handed out', [
    filter,
    'if (batch.transactional && aborting.has(batch.producerId)) continue',
    '',
  ]),
  mutant('read-past-the-stable-offset', 'records of open transactions are handed out', [
    'packages/kafka/src/memory-log.ts',
    'const stable = this.lastStable',
    'const stable = this.end',
  ]),
]

const processorMutants: readonly Mutant[] = [
  mutant('published-ids-forgotten', 'published ids are not remembered', [
    `${core}/decide.ts`,
    "[{ kind: 'seen', entry: seen }]",
    '[]',
  ]),
  mutant('conflict-taken-for-duplicate', 'an id with other content is a duplicate', [
    `${core}/decide.ts`,
    "if (same || delivery.onIdConflict === 'count')",
    'if (same || true)',
  ]),
  mutant('no-rank', 'of two events of one time the rank does not decide', [
    `${core}/last-write-wins.ts`,
    'left.rank - right.rank ||',
    '',
  ]),
  mutant(
    'no-id-in-tie-break',
    'of two events of one time and rank the later record wins, not the greater id',
    [`${core}/last-write-wins.ts`, 'compareUtf8(left.eventId, right.eventId)\n', '0\n'],
  ),
  mutant('time-not-held-back', 'a time in the future wins for as long as it likes', [
    `${core}/last-write-wins.ts`,
    'Math.min(sourceMicros, appendedAtMs * microsPerMilli + skewMicros)',
    'sourceMicros',
  ]),
  mutant('test-changes-state', 'a test event competes', [
    `${core}/judge.ts`,
    "event.mode === 'TEST'",
    "event.mode === 'NO'",
  ]),
  mutant('horizon-ignored', 'what is older than the horizon wins', [
    `${core}/judge.ts`,
    'effectiveAt < floorMicros',
    'effectiveAt < 0',
  ]),
  mutant('window-ignored', 'an id is remembered for longer than the window', [
    `${core}/policy.ts`,
    'streamTimeMs - firstSeenMs <= policy.windowMs',
    'firstSeenMs >= 0',
  ]),
]

const sinkMutants: readonly Mutant[] = [
  mutant(
    'signal-on-own-partition',
    'signals stay on the partition of their event, not of their tenant',
    [
      'services/alerting-sink/src/stage.ts',
      'partition: partitionOf(key, input.partitionCount)',
      'partition: input.partition',
    ],
  ),
  mutant('old-customer-put-back', 'a late event puts back a customer that a newer one replaced', [
    'services/crm-sink/src/core/customer.ts',
    'remembered.effectiveAt > event.effective_at',
    'remembered.effectiveAt > Infinity',
  ]),
  mutant('negative-amount-not-swapped', 'a negative adjustment is booked like a positive one', [
    'services/accounting-sink/src/core/to-journal-entry.ts',
    'const swapped = amount.amount_minor < 0',
    'const swapped = amount.amount_minor < -Infinity',
  ]),
]

export const mutants: readonly Mutant[] = [
  ...loopMutants,
  ...readerMutants,
  ...processorMutants,
  ...sinkMutants,
]

/** The text with the defect in it; null when what is to be replaced does not stand there. */
export function planted(text: string, { find, replace, everywhere }: Edit): string | null {
  const parts = text.split(find)
  if (parts.length < 2 || (parts.length > 2 && everywhere !== true)) return null
  return parts.join(replace)
}
