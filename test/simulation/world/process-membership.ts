// Group membership as a process has it. The group waits for a silent member no longer than its session;
// a member that wakes up after that works on as a zombie until a heartbeat tells it, and joins again.

import type { GroupOptions, Membership, MemoryBroker, Position } from '@fleet/kafka'

import type { ProcessSurroundings } from './surroundings.ts'

type Group = ReturnType<MemoryBroker['group']>

/** One stay in the group; a member that joins again is another to the group. */
interface Session {
  inner: Membership | null
  isOver: boolean
  /** Ends the group's waiting for an answer of this member. */
  giveUp: () => void
}

export class ProcessMembership implements Membership {
  readonly #around: ProcessSurroundings
  readonly #options: GroupOptions
  readonly #group: Group
  #session: Session | null = null
  #hasLeft = false
  #isBeating = false
  readonly failed = new Promise<never>(() => {})

  constructor(around: ProcessSurroundings, options: GroupOptions, partitions: number) {
    this.#around = around
    this.#options = options
    this.#group = around.broker.group(options.groupId, partitions)
  }

  get memberId(): string {
    return this.#session?.inner?.memberId ?? ''
  }

  async join(): Promise<void> {
    const { life } = this.#around
    const session: Session = { inner: null, isOver: false, giveUp: () => {} }
    this.#session = session
    await life.turn('join-group')
    const inner = await this.#group.join({
      ...this.#options,
      onRevoked: () => this.#revoke(session),
      onAssigned: partitions => {
        life.call(() => {
          if (!session.isOver) this.#options.onAssigned(partitions)
        })
      },
    })
    session.inner = inner
    // Who died or left while joining is a member all the same, until the group is told.
    if (session.isOver) void this.#group.expire(inner.memberId)
    await life.turn('join-group-heard')
  }

  /** The group's view: answered, or given up. */
  #revoke(session: Session): Promise<void> {
    const { life } = this.#around
    if (session.isOver) return Promise.resolve()
    return new Promise(resolve => {
      session.giveUp = resolve
      life.call(() => {
        if (session.isOver) return resolve()
        void life.hear('revoked', this.#options.onRevoked()).then(resolve)
      })
    })
  }

  /** The session timed out: the world says so, the process does not know. */
  expire(): void {
    const session = this.#session
    if (session === null || session.isOver) return
    session.isOver = true
    session.giveUp()
    if (session.inner !== null) void this.#group.expire(session.inner.memberId)
  }

  /** A heartbeat of a process that is back: if its session is over, it gives up its work and rejoins. */
  async beat(): Promise<void> {
    if (this.#session?.isOver !== true || this.#hasLeft || this.#isBeating) return
    this.#isBeating = true
    const { life } = this.#around
    await life.turn('heartbeat')
    await life.hear('revoked', this.#options.onRevoked())
    if (!this.#hasLeft) await this.join()
    this.#isBeating = false
  }

  async commitOffsets(positions: readonly Position[]): Promise<void> {
    await this.#around.life.turn('show-offsets')
    const session = this.#session
    if (session !== null && !session.isOver) await session.inner?.commitOffsets(positions)
  }

  async leave(): Promise<void> {
    const { life } = this.#around
    await life.turn('leave-group')
    this.#hasLeft = true
    const session = this.#session
    if (session === null || session.isOver) return
    session.isOver = true
    session.giveUp()
    await life.hear('leave-group-heard', session.inner?.leave() ?? Promise.resolve())
  }
}
