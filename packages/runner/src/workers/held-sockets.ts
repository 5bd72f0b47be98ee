import { lstatSync, unlinkSync } from 'node:fs'
import {
  addressOf,
  type BoundHandle,
  bindHandle,
  keepInherited,
  rememberBound,
  type SocketSpec,
} from '@runnerd/internet/sockets'
import type { WantedSocket } from '../generation-channel.ts'

/** A socket that is bound here, and that others listen on. */
interface HeldSocket {
  readonly wanted: WantedSocket
  readonly bound: Promise<Bound>
  /** The generations of which a worker has asked for it. */
  readonly users: Set<number>
}

interface Bound {
  readonly handle: BoundHandle
  /** Lets another socket of this process have the address. */
  forget(): void
  /** What is at the path of a UNIX socket; `undefined` for others. */
  readonly inode: number | undefined
}

/**
 * The sockets of all workers. A socket is bound here when the first of them asks
 * for it, and never listens here, or this process would accept connections too;
 * the workers listen on the same one, so that the system gives a connection to
 * whichever is free, and one that nobody has accepted yet is lost with none of them.
 */
export class HeldSockets {
  readonly #held = new Map<string, HeldSocket>()

  /**
   * The socket for this, the same one for all who ask.
   *
   * @param generation of the worker that asks
   * @throws the system's error if it can't be bound
   */
  async lend(wanted: WantedSocket, generation: number): Promise<BoundHandle> {
    const key = JSON.stringify(wanted)
    let held = this.#held.get(key)
    if (held === undefined) {
      held = { wanted, bound: bind(wanted), users: new Set() }
      this.#held.set(key, held)
    }
    held.users.add(generation)
    try {
      return (await held.bound).handle
    } catch (error) {
      if (this.#held.get(key) === held) this.#held.delete(key)
      throw error
    }
  }

  /**
   * Closes what no worker of these generations has asked for. Whether any of them lives
   * just now is no matter: the next will ask again.
   */
  async keepFor(generations: readonly number[]): Promise<void> {
    const kept = new Set(generations)
    for (const [key, held] of [...this.#held]) {
      for (const user of held.users) if (!kept.has(user)) held.users.delete(user)
      if (held.users.size > 0) continue
      this.#held.delete(key)
      await close(held)
    }
  }
}

async function bind({ spec }: WantedSocket): Promise<Bound> {
  const handle = await bindHandle(spec)
  const forget = spec.kind === 'tcp' ? rememberBound(addressOf(handle), spec.ipv6Only) : () => {}
  const path = pathOf(spec)
  return { handle, forget, inode: path === undefined ? undefined : lstatSync(path).ino }
}

async function close({ wanted: { spec }, bound }: HeldSocket): Promise<void> {
  const there = await bound.catch(() => undefined)
  const path = pathOf(spec)
  try {
    if (path && lstatSync(path).ino === there?.inode) unlinkSync(path)
  } catch {
    // It is gone, or not ours to remove any more: the next start replaces it.
  }
  there?.forget()
  // Nobody could bind that again.
  if (spec.kind === 'fd' && there) keepInherited(Number(spec.address), there.handle)
  else there?.handle.close()
}

function pathOf({ kind, address }: SocketSpec): string | undefined {
  return kind === 'unix' && !address.startsWith('\0') ? address : undefined
}
