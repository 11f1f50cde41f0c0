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
const redrive = 'packages/stage/src/redrive.ts'
const openLetters = 'packages/stage/src/open-letters.ts'
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
          'state.commit(); this.#memory.progress = progress\n' +
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
    [task, ', { key: progressKey, value: encodeProgress(progress) }]', ']'],
    [
      task,
      'metrics.batch(',
      'await writer.commit([bareRecord(name, this.partition, progressKey, encodeProgress(progress))])\n' +
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
      {
        file: task,
        find: 'const writer = await broker',
        replace: 'const writer = this.#writer ?? await broker',
      },
    ],
  },
  mutant('restore-ends-early', 'restoring leaves out what stands right before the barrier', [
    restore,
    'record.offset <= barrierOffset &&',
    'record.offset < barrierOffset - 2 &&',
  ]),
  mutant('table-ends-early', 'of the table that is memory too, the last record is not read', [
    'packages/stage/src/read-table.ts',
    'from: -1, to }',
    'from: -1, to: to - 2 }',
  ]),
  mutant('table-not-in-the-hash', 'what a transaction writes to the table is not vouched for', [
    'packages/stage/src/state-hash.ts',
    'if (topic === table.name) this.putTable',
    'if (topic === table.name && value === null) this.putTable',
  ]),
  mutant(
    'positions-forgotten',
    'reading goes on at the start of the log, not at the restored position',
    [task, 'offset: this.progress.positions[name] ?? -1', 'offset: -1'],
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
    'this.#memory = restored',
    'const tickNow = this.#declaration.tickMs ?? 1\n' +
      'const tickedMs = Math.floor(clock.wallMs() / tickNow) * tickNow\n' +
      'const lastTickMs = Math.max(tickedMs, restored.progress.lastTickMs)\n' +
      'this.#memory = { ...restored, progress: { ...restored.progress, lastTickMs } }',
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

const letterMutants: readonly Mutant[] = [
  mutant('settled-letter-kept', 'a letter that was mended and decided stays open', [
    decider,
    'if (redriven !== undefined) letters.remove(redriven.letterId)',
    '',
  ]),
  mutant('mended-letter-ignored', 'a letter comes back as it was, whatever was mended', [
    redrive,
    'letters.attemptOf(letterId)',
    "letter.replay_id === 'mended' ? null : letters.attemptOf(letterId)",
  ]),
  mutant('stale-letter-accepted', 'a letter is accepted again after it has failed again', [
    redrive,
    'if (openAttempt !== attempt) {',
    'if (openAttempt < attempt) {',
  ]),
  mutant('any-letter-accepted', 'a stage does not ask whether it keeps the letter', [
    redrive,
    'const openAttempt = letters.attemptOf(letterId)',
    'const openAttempt = attempt',
  ]),
  mutant('letters-not-in-changelog', 'the ids of open letters are in memory alone', [
    openLetters,
    'if (this.#staged.size === 0) return ofState',
    'if (this.#staged.size >= 0) return ofState',
  ]),
  mutant('letter-forgotten-on-failure', 'a letter that fails again is not kept', [
    openLetters,
    'this.#staged.set(id, letter)',
    'if (letter.attempt === 1) this.#staged.set(id, letter)',
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
  mutant('resources-not-restored', 'what the table says is no memory after a restart', [
    'services/processor/src/state/processor-state.ts',
    'if (rows.has(key)) return',
    'if (rows.size >= 0) return',
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
      'toTenant(signal, input.partitionCount)',
      '{ ...toTenant(signal, input.partitionCount), partition: input.partition }',
    ],
  ),
  mutant('activity-said-again', 'what was said of a source is not forgotten, and said again', [
    'services/alerting-sink/src/core/hear-sources.ts',
    'changes.push({ key, value: null })',
    '',
  ]),
  mutant('open-alert-forgotten', 'that an alert of a vehicle is open is not remembered', [
    'services/alerting-sink/src/core/judge-rate.ts',
    'changes.push({ key, value: { ...fact, open: judged.open } })',
    'changes.push()',
  ]),
  mutant('old-customer-put-back', 'a late event puts back a customer that a newer one replaced', [
    'services/crm-sink/src/core/customer.ts',
    'remembered.effectiveAt > event.effective_at',
    'remembered.effectiveAt > Infinity',
  ]),
  mutant('category-replaced', 'a CRM record says the category in other words than its source', [
    'services/crm-sink/src/core/details.ts',
    'category: event.category }',
    'category: event.category?.toUpperCase() ?? null }',
  ]),
  mutant('word-not-carried', 'a CRM record lacks the word of the taxonomy that stood before', [
    'services/crm-sink/src/core/details.ts',
    '(before?.category ?? said.category)',
    'said.category',
  ]),
  mutant('late-word-taken', 'an event that lost changes the word of the taxonomy', [
    'services/crm-sink/src/core/to-crm-records.ts',
    "if (action === 'HISTORY') return before",
    "if (action === 'HISTORY') return before === null ? null : { ...before, ...keptOf(readings) }",
  ]),
  mutant('status-said-again', 'a completed record says a status that a later record replaced', [
    'services/crm-sink/src/core/complete.ts',
    "record.action === 'UPSERT' &&",
    "record.action === 'HISTORY' &&",
  ]),
  mutant('completed-twice', 'a completed record stays open and is completed again', [
    'services/crm-sink/src/core/complete.ts',
    'changes: keys.map(key => ({ key, value: null }))',
    'changes: []',
  ]),
  mutant('open-records-not-restored', 'records without a customer are forgotten by a restart', [
    'services/crm-sink/src/state/crm-state.ts',
    'restore(key: string, value: Buffer | null): void {',
    "restore(key: string, value: Buffer | null): void {\nif (key.includes('#unresolved/')) return",
  ]),
  mutant('negative-amount-not-swapped', 'a negative adjustment is booked like a positive one', [
    'services/accounting-sink/src/core/to-journal-entry.ts',
    'const swapped = amount.amount_minor < 0',
    'const swapped = amount.amount_minor < -Infinity',
  ]),
  mutant('closed-month-forgotten', 'a month that was closed is open again after a restart', [
    'services/accounting-sink/src/ledger-state.ts',
    'restore(key: string, value: Buffer | null): void {',
    "restore(key: string, value: Buffer | null): void {\nif (key.startsWith('closed/')) return",
  ]),
  mutant('booked-again', 'an event that comes again beyond the window is booked again', [
    'services/accounting-sink/src/core/book.ts',
    'if (known !== undefined && (known[3] !== null || minor === null)) {',
    'if (known !== undefined && known[3] === -1) {',
  ]),
  mutant('refund-not-summed', 'refunds are held against their charge one by one', [
    'services/accounting-sink/src/core/book.ts',
    '[charged, plus(refunded, minor)]',
    "[charged, plus('0', minor)]",
  ]),
  mutant('completed-amount-awaited', 'an entry that got its amount goes on awaiting one', [
    'services/accounting-sink/src/core/book.ts',
    'completed === null ? awaiting : awaiting.filter(([id]) => id !== completed)',
    'awaiting',
  ]),
  mutant('contact-not-erased', 'a deleted customer stays in the CRM', [
    'services/crm-sink/src/core/to-crm-records.ts',
    "knownAction === 'deleted') return 'ERASE'",
    "knownAction === 'erased') return 'ERASE'",
  ]),
  mutant('ledger-memory-staged', 'the balance of a batch is kept from before it', [
    'services/accounting-sink/src/ledger-state.ts',
    'const staged = this.#staged.get(key)',
    "const staged = key.startsWith('balance/') ? undefined : this.#staged.get(key)",
  ]),
]

const onTick = 'services/automation/src/core/on-tick.ts'
const decideEvent = 'services/automation/src/core/decide-event.ts'
const subjects = 'services/automation/src/core/subjects.ts'

const automationMutants: readonly Mutant[] = [
  mutant('own-clock-believed', 'a tick is as far ahead as the clock of the machine', [
    'packages/stage/src/tick-clock.ts',
    'const wallMs = middle(',
    'const wallMs = Math.max(',
  ]),
  mutant('unheard-task-told', 'what ends before its first timer is told as closed', [
    decideEvent,
    'if (!known.isPublished) {',
    'if (known.timerAt < 0) {',
  ]),
  mutant('extension-ignored', 'a newer due time does not take the place of the older one', [
    decideEvent,
    'if (!isAfter(moment, known.asked)) return\n    if (known.isPublished) {',
    'return\n    if (known.isPublished) {',
  ]),
  mutant('due-time-taken-for-none', 'a session is overdue from its event on', [
    decideEvent,
    "if (countsFrom === 'effective_at') return",
    'if (countsFrom !== null) return',
  ]),
  mutant('test-opens', 'a test opens tasks', [
    decideEvent,
    "if (event.mode === 'TEST') return nothing",
    '',
  ]),
  mutant('claim-leaves-triage-open', 'the second event that closes a task is overlooked', [
    decideEvent,
    'closes.find(({ on }) => on.includes(event.event_type))',
    'closes.slice(0, 1).find(({ on }) => on.includes(event.event_type))',
  ]),
  mutant('hint-never-ends', 'the time to back off does not pass', [
    onTick,
    "if (timer.becomes === 'DONE')",
    "if (timer.becomes === 'DONE' && timer.after < 0)",
  ]),
  mutant('mark-not-taken-back', 'a signal that comes again stays marked as not available', [
    'services/automation/src/core/task-content.ts',
    "return before !== null && state === 'DONE' ? true : before",
    'return before',
  ]),
  mutant('resolved-error-opens', 'an error that is resolved asks for a connection again', [
    subjects,
    'const open = errors.filter(isOpen)',
    'const open = errors',
  ]),
  mutant('signal-without-won', 'a report that lost says a signal works', [
    subjects,
    'if (!won) continue',
    '',
  ]),
  mutant('limit-of-signals-overlooked', 'a rate limit told of a signal gives no hint', [
    subjects,
    "won && status === 'ERROR' && isLimit",
    "won && status === 'LIMIT' && isLimit",
  ]),
  mutant('due-time-not-moved', 'a task says the due time of its first step for ever', [
    onTick,
    'due_at: next === undefined ? passed : timerAt',
    'due_at: fact.task.due_at',
  ]),
  mutant('timer-not-restored', 'timers are forgotten by a restart', [
    'services/automation/src/task-book.ts',
    'this.#timers.add({ at: after, key })',
    'void after',
  ]),
  mutant('timer-step-repeated', 'a schedule does not go on: its first step comes again', [
    'services/automation/src/core/on-tick.ts',
    'isPublished: true, timers, timerAt',
    'isPublished: true, timerAt',
  ]),
  mutant('closed-by-an-older-event', 'an event of before the task closes it', [
    'services/automation/src/core/decide-event.ts',
    'return\n  }\n  if (!isAfter(moment, known.asked)) return',
    'return\n  }',
  ]),
  mutant('late-event-opens', 'an event that did not win opens a task all the same', [
    'services/automation/src/core/decide-event.ts',
    "superseded === 'skip'",
    'false',
  ]),
  mutant('closing-not-remembered', 'a task opens though what closes it had come before', [
    'services/automation/src/core/decide-event.ts',
    "if (workflow.superseded === 'open') remember(move, key, known)",
    '',
  ]),
]

export const mutants: readonly Mutant[] = [
  ...loopMutants,
  ...letterMutants,
  ...readerMutants,
  ...processorMutants,
  ...sinkMutants,
  ...automationMutants,
]

/** The text with the defect in it; null when what is to be replaced does not stand there. */
export function planted(text: string, { find, replace, everywhere }: Edit): string | null {
  const parts = text.split(find)
  if (parts.length < 2 || (parts.length > 2 && everywhere !== true)) return null
  return parts.join(replace)
}
