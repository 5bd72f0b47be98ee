import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** As `mkdtemp` makes them. */
const OURS = /^procmon-\w{6}$/

/**
 * Removes the directories of notify sockets that nobody has any more: a runner of this user
 * that was killed by SIGKILL leaves them. What is in use, somebody else's, or no such
 * directory stays.
 *
 * @param parent - where they are
 */
export async function removeStaleSockets(parent: string): Promise<void> {
  try {
    const names = readdirSync(parent).filter((name) => OURS.test(name))
    await Promise.all(names.map((name) => removeIfStale(join(parent, name))))
  } catch {
    // It can't be read: then there is nothing to be had from it.
  }
}

async function removeIfStale(dir: string): Promise<void> {
  const socket = join(dir, 'notify')
  try {
    const isOurs = lstatSync(dir).isDirectory() && lstatSync(dir).uid === process.getuid?.()
    if (!isOurs || !lstatSync(socket).isSocket() || !(await refuses(socket))) return
    unlinkSync(socket)
    rmdirSync(dir)
  } catch {
    // Somebody else was faster, or there is more in it.
  }
}

/** One for datagrams that somebody has says something else to who comes by a stream. */
function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
  })
}
