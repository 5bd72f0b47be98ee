import { chmodSync, linkSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { bindDatagrams, type DatagramHandle } from './datagram-handle.ts'
import { CannotListenError } from './errors.ts'
import { hasSource } from './sockets.ts'
import { clearPath, draftOf, isShort, lookAt } from './unix-path.ts'

/** A bound UNIX socket for datagrams, and where it is. @internal */
export interface DatagramPath {
  readonly path: string
  readonly handle: DatagramHandle
  /** Has it take the place of one that another process of this daemon has. */
  replace(): void
  /** Removes the path, if it is this socket's still. */
  remove(): void
}

/**
 * Binds a UNIX socket for datagrams. Node can't hand one to another process: one that
 * succeeds another, or is one worker of several, puts its own in the place of what is
 * there, when it is told to. The path is missing at no moment, and what has gone into the
 * old one is read there.
 *
 * @throws CannotListenError, or what says that such sockets can't be had
 *
 * @internal
 */
export async function takeDatagramPath(
  name: string,
  mode: number,
  size: number,
): Promise<DatagramPath> {
  const isAbstract = name.startsWith('\0')
  const path = isAbstract ? name : resolve(name)
  try {
    return await (isAbstract ? bindAbstract(path, size) : bindPath(path, mode, size))
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    // What is no error of the system's says itself what it is.
    if (cause.syscall === undefined) throw cause
    throw new CannotListenError({ interface: path, port: 0, cause })
  }
}

async function bindAbstract(path: string, size: number): Promise<DatagramPath> {
  return { path, handle: await bindDatagrams(path, size), replace() {}, remove() {} }
}

async function bindPath(path: string, mode: number, size: number): Promise<DatagramPath> {
  if (!isShort(path)) throw bindError('ENAMETOOLONG')
  statSync(dirname(path))
  await clearPath(path)
  const draft = draftOf(path)
  const handle = await bindDatagrams(draft, size, path)
  const ours = lookAt(draft)?.ino
  const remove = (): void => {
    for (const name of [draft, path]) {
      try {
        if (lookAt(name)?.ino === ours) unlinkSync(name)
      } catch {
        // It is gone, or not ours to remove any more: the next start replaces it.
      }
    }
  }
  try {
    chmodSync(draft, mode)
    // Workers start all at once, and find nothing there.
    const waits = hasSource() && lookAt(path)?.isSocket() !== false
    if (!waits) place(draft, path)
    return { path, handle, replace: () => waits && renameSync(draft, path), remove }
  } catch (error) {
    remove()
    handle.close()
    throw error
  }
}

function place(draft: string, path: string): void {
  if (lookAt(path)?.isSocket()) throw bindError('EADDRINUSE')
  linkSync(draft, path)
  unlinkSync(draft)
}

function bindError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`bind ${code}`), { code, syscall: 'bind' })
}
