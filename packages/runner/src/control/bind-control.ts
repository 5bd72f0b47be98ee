import { chmodSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import net from 'node:net'
import { dirname, join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import { isReachable, nameToBind, nameToConnect } from './reach-socket.ts'

/** A bound socket as `server.listen` takes it, and as it can be sent to a successor. */
export interface PipeHandle {
  close(): void
}

type CreateServerHandle = (path: string, port: -1, family: -1) => PipeHandle | number

/** As in the `internet` package: Node's public API can't bind without listening. */
const { _createServerHandle } = net as unknown as { _createServerHandle: CreateServerHandle }

/**
 * Binds a UNIX socket that only its owner may connect to, and puts it at `path`.
 * Until it listens connections are refused.
 *
 * It is bound under another name first: so nobody can connect before its mode is
 * set, the name is at no moment missing while one daemon takes it over from
 * another, and libuv, which removes the name that it has bound when it closes,
 * doesn't remove a successor's.
 *
 * A socket that nobody listens on any more is replaced; one that somebody does
 * only if `over` says that it may be. Whatever else is there stays.
 *
 * @throws an error whose message says why there is none
 */
export async function bindControl(path: string, over: boolean): Promise<PipeHandle> {
  if (!isReachable(path)) throw new Error('its path is too long for a socket')
  await makeWay(path, over)
  const draft = join(dirname(path), `.runner-${process.pid}.sock`)
  const handle = bindAt(draft)
  try {
    chmodSync(draft, 0o600)
    renameSync(draft, path)
  } catch (error) {
    handle.close()
    throw error
  }
  return handle
}

async function makeWay(path: string, over: boolean): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined || over) return
  if (!there.isSocket()) throw new Error('something else has its name')
  if (await answers(path)) throw new Error('another process listens on it')
}

function bindAt(draft: string): PipeHandle {
  try {
    unlinkSync(draft)
  } catch {
    // The usual case: nobody with this pid died here before.
  }
  const short = nameToBind(draft)
  if (short === undefined) throw new Error('its path is too long for a socket')
  const handle = _createServerHandle(short.name, -1, -1)
  short.letGo()
  if (typeof handle !== 'number') return handle
  const code = getSystemErrorName(handle)
  throw Object.assign(new Error(code), { code, errno: handle, syscall: 'bind', path: draft })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const short = nameToConnect(path)
    if (short === undefined) return resolve(false)
    const socket = net.connect(short.name)
    const tell = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.on('connect', () => tell(true)).on('error', () => tell(false))
    short.letGo()
  })
}
