// The group coordinator of the in-memory broker: every join or leave makes a new generation, revokes
// from all members, then assigns anew.

import { coPartitioned } from './assignment.ts'
import type { GroupDescription, GroupOptions, Membership, Position } from './ports.ts'

interface Member {
  id: string
  options: GroupOptions
  partitions: number[]
}

export class MemoryGroup {
  readonly #groupId: string
  readonly #partitionCount: number
  readonly #members = new Map<string, Member>()
  readonly #committed = new Map<string, Position>()
  #joined = 0
  #rebalancing: Promise<void> = Promise.resolve()

  constructor(groupId: string, partitionCount: number) {
    this.#groupId = groupId
    this.#partitionCount = partitionCount
  }

  async join(options: GroupOptions): Promise<Membership> {
    const id = `${this.#groupId}-member-${String(++this.#joined).padStart(6, '0')}`
    await this.#rebalance(() => this.#members.set(id, { id, options, partitions: [] }), id)
    return {
      memberId: id,
      commitOffsets: positions => {
        for (const position of positions) {
          this.#committed.set(`${position.topic}/${position.partition}`, { ...position })
        }
        return Promise.resolve()
      },
      failed: new Promise<never>(() => {}),
      leave: () => this.#rebalance(() => this.#members.delete(id), id),
    }
  }

  /** As after a session timeout: the member keeps believing, the others take over. */
  expire(memberId: string): Promise<void> {
    return this.#rebalance(() => this.#members.delete(memberId), memberId)
  }

  #rebalance(change: () => void, except: string): Promise<void> {
    this.#rebalancing = this.#rebalancing.then(async () => {
      const others = [...this.#members.values()].filter(({ id }) => id !== except)
      await Promise.all(others.map(({ options }) => options.onRevoked()))
      change()
      const assignment = coPartitioned([...this.#members.keys()], this.#partitionCount)
      for (const member of this.#members.values()) {
        member.partitions = assignment.get(member.id) ?? []
        member.options.onAssigned(member.partitions)
      }
    })
    return this.#rebalancing
  }

  committed(): Position[] {
    return [...this.#committed.values()]
  }

  describe(): GroupDescription {
    return {
      groupId: this.#groupId,
      state: this.#members.size === 0 ? 'Empty' : 'Stable',
      members: [...this.#members.values()].map(({ id, partitions }) => ({
        memberId: id,
        clientId: 'memory',
        clientHost: 'memory',
        partitions,
      })),
    }
  }
}
