import {
  type BigIntStats,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
} from 'node:fs'
import net from 'node:net'
import { basename, dirname, join } from 'node:path'

/** The most bytes of a path that the system takes, see unix(7). */
const MOST = process.platform === 'linux' ? 107 : 103

/** What a draft has after the name it is to get. */
const DRAFT = /^\.\d+\.tmp$/

/** Where a UNIX socket is bound before it gets its name: no two processes there. @internal */
export function draftOf(path: string): string {
  return `${path}.${process.pid}.tmp`
}

/** Whether the system takes the path, and that of its draft. @internal */
export function isShort(path: string): boolean {
  return Buffer.byteLength(path.startsWith('\0') ? path : draftOf(path)) <= MOST
}

/**
 * Removes a socket at `path` that nobody has any more, left by a process that was
 * killed, and drafts of one. Anything else stays.
 *
 * @internal
 */
export async function clearPath(path: string): Promise<void> {
  for (const name of namesIn(dirname(path))) {
    const isDraft = name.startsWith(basename(path)) && DRAFT.test(name.slice(basename(path).length))
    if (isDraft) await removeStale(join(dirname(path), name))
  }
  await removeStale(path)
}

/**
 * Looks at what may be a socket. With `bigint`, since Node remembers what it looked at
 * last without it, and its `realpathSync`, by which it finds modules, gives up on a link
 * if that was a socket.
 *
 * @internal
 */
export function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

async function removeStale(path: string): Promise<void> {
  const found = lookAt(path)
  if (!found?.isSocket() || isOpen(path) || (await answers(path))) return
  // Taken away before it is looked at again: it may be another's new one by now.
  const aside = draftOf(path)
  try {
    renameSync(path, aside)
    if (lookAt(aside)?.ino !== found.ino) linkSync(aside, path)
    unlinkSync(aside)
  } catch {
    // Somebody else was faster, or it may not be removed: then binding it says so.
  }
}

/**
 * Whether a process has a socket that was bound there, though it does not listen
 * yet: the kernel keeps the first name of a socket, that of its draft.
 *
 * @see proc_net(5)
 */
function isOpen(path: string): boolean {
  if (process.platform !== 'linux') return false
  try {
    const lines = readFileSync('/proc/net/unix', 'utf8').split('\n')
    return lines.some((line) => {
      const at = line.indexOf(path)
      if (at <= 0 || line[at - 1] !== ' ') return false
      const rest = line.slice(at + path.length)
      return rest === '' || DRAFT.test(rest)
    })
  } catch {
    return false
  }
}

/** Somebody who has too many waiting, or whom this user may not connect to, is there too. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT')
    })
  })
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
