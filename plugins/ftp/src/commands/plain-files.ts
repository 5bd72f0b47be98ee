import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { HeldFile } from '../held-file.ts'
import type { PlainFile } from '../plain-file.ts'
import { Refusal } from '../refusal.ts'
import { lookAt } from '../served-root.ts'
import type { Session } from '../session.ts'
import { sightOf, targetOf } from './targets.ts'

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

/**
 * What a plain file is like. It is kept for a moment, if it is what may be opened next.
 *
 * @throws Refusal if it is no plain file, or the system's error
 */
export async function lookAtPlain(session: Session, argument: string): Promise<Stats> {
  const path = targetOf(session, argument)
  const held = await hold(session, path)
  if (held === undefined) {
    const stats = await session.factory.root.existing(path, sightOf(session), lookAt)
    return plain(stats, argument)
  }
  try {
    return plain(await held.stats(), argument)
  } finally {
    session.lookedAt.keep(path, held)
  }
}

/**
 * Opens a plain file to read it. Whatever else it is, it is not opened, where that can be told.
 *
 * @throws Refusal if it is no plain file, or the system's error
 */
export async function openToRead(
  session: Session,
  path: string,
  argument: string,
): Promise<PlainFile> {
  const held = await hold(session, path)
  if (held === undefined) return await openByPath(session, path, argument)
  try {
    const { size } = plain(await held.stats(), argument)
    return await held.openToRead(size)
  } finally {
    await held.close()
  }
}

/** A plain file that is open, and how many bytes it has. */
export interface OpenPlain {
  readonly file: FileHandle
  readonly size: number
}

/** The same by its path, to be read or written. */
export async function openPlain(path: string, flags: number, name: string): Promise<OpenPlain> {
  // Neither a link that has come since is followed, nor a pipe waited for.
  const file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o666)
  try {
    const { size } = plain(await file.stat(), name)
    return { file, size }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** `undefined` where the system can't hold a file without opening it. */
async function hold(session: Session, path: string): Promise<HeldFile | undefined> {
  const { root } = session.factory
  const sight = sightOf(session)
  const kept = session.lookedAt.take(path)
  if (kept !== undefined) {
    if (root.isAt(path, sight, kept)) return kept
    await kept.close()
  }
  return await root.hold(path, sight)
}

async function openByPath(session: Session, path: string, argument: string): Promise<PlainFile> {
  const sight = sightOf(session)
  const { file, size } = await session.factory.root.existing(path, sight, ({ path }) =>
    openPlain(path, O_RDONLY, argument),
  )
  return { descriptor: file.fd, size, close: () => file.close() }
}

function plain(stats: Stats, name: string): Stats {
  if (stats.isFile()) return stats
  throw new Refusal(550, `${name}: not a plain file.`)
}
