import { constants } from 'node:fs'
import type { Commands } from '../commands.ts'
import { fromNetwork, toNetwork } from '../line-ends.ts'
import { receiveFile } from '../move-bytes.ts'
import { Refusal } from '../refusal.ts'
import { sendFile } from '../send-file.ts'
import type { Place } from '../served-root.ts'
import type { Session } from '../session.ts'
import { Transfer } from '../transfer.ts'
import { type OpenPlain, openPlain, openToRead } from './plain-files.ts'
import { readyForData, sightOf, targetOf } from './targets.ts'

const { O_WRONLY, O_CREAT, O_APPEND } = constants

/** A file of so many bytes is sent at once: any client takes them before it looks. */
const SHORT = 8192

/** Files over a data connection (RFC 959, 4.1.3, and RFC 3659, 5). */
export const transferCommands: Commands = {
  RETR: { needs: 'login', run: retrieve },
  STOR: { needs: 'write', run: (session, argument) => store(session, argument, 'STOR') },
  APPE: { needs: 'write', run: (session, argument) => store(session, argument, 'APPE') },
  REST: {
    needs: 'login',
    run(session, argument) {
      const offset = /^\d{1,15}$/.test(argument) ? Number(argument) : Number.NaN
      if (Number.isNaN(offset)) throw new Refusal(501, 'REST needs a number of bytes.')
      session.restart = offset
      session.control.reply(350, `Restarting at ${offset}; send STOR or RETR.`)
    },
  },
  ALLO: { needs: 'login', run: ({ control }) => control.reply(202, 'No storage is reserved.') },
  ABOR: {
    run(session) {
      session.data.forget()
      session.control.reply(226, 'There is no transfer to abort.')
    },
  },
}

async function retrieve(session: Session, argument: string): Promise<void> {
  const path = targetOf(session, argument)
  const from = takeRestart(session)
  readyForData(session)
  const file = await openToRead(session, path, argument)
  try {
    const { size } = file
    if (from > size) throw new Refusal(554, `${argument}: it has only ${size} bytes.`)
    await new Transfer(session, {
      what: `RETR ${path}`,
      name: `${argument} (${size} bytes)`,
      sends: true,
      isShort: size - from <= SHORT,
      move: (socket, count) =>
        sendFile(file, socket, from, count, session.type === 'A' ? toNetwork() : undefined),
    }).run()
  } finally {
    await file.close()
  }
}

async function store(session: Session, argument: string, verb: 'STOR' | 'APPE'): Promise<void> {
  const path = targetOf(session, argument)
  const from = takeRestart(session)
  readyForData(session)
  const append = verb === 'APPE'
  // What isn't there can't be gone on with, and is not to be left there, empty, for that.
  const flags = O_WRONLY | (from === 0 ? O_CREAT : 0) | (append ? O_APPEND : 0)
  const { file, size } = await openToWrite(session, path, ({ path }) =>
    openPlain(path, flags, argument),
  )
  try {
    if (from > size) throw new Refusal(554, `${argument}: it has only ${size} bytes.`)
    await new Transfer(session, {
      what: `${verb} ${path}`,
      name: argument,
      sends: false,
      async move(socket, count) {
        try {
          // Not before the client has come: until then the old file is whole.
          if (!append) await file.truncate(from)
          const conversion = session.type === 'A' ? fromNetwork() : undefined
          await receiveFile(file, socket, append ? size : from, count, conversion)
        } finally {
          // A disk of another machine may say only then that it is full.
          await file.close()
        }
      },
    }).run()
  } finally {
    await file.close()
  }
}

/** What is there, also where a link inside leads; or a new file. */
async function openToWrite(
  session: Session,
  path: string,
  use: (place: Place) => Promise<OpenPlain>,
): Promise<OpenPlain> {
  const { root } = session.factory
  try {
    return await root.existing(path, sightOf(session), use)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return await root.entry(path, sightOf(session), use)
  }
}

function takeRestart(session: Session): number {
  const { restart } = session
  session.restart = 0
  if (restart > 0 && session.type === 'A') throw new Refusal(550, 'REST needs TYPE I.')
  return restart
}
