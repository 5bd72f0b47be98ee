import { lstat, rename, unlink } from 'node:fs/promises'
import type { Commands } from '../commands.ts'
import { timeVal } from '../list-lines.ts'
import { Refusal } from '../refusal.ts'
import { lookAtPlain } from './plain-files.ts'
import { sightOf, targetOf } from './targets.ts'

/** What needs no data connection (RFC 959, 4.1.3, and RFC 3659, 3 and 4). */
export const fileCommands: Commands = {
  SIZE: {
    needs: 'login',
    async run(session, argument) {
      const { size } = await lookAtPlain(session, argument)
      session.control.reply(213, String(size))
    },
  },
  MDTM: {
    needs: 'login',
    async run(session, argument) {
      session.control.reply(213, timeVal(await lookAtPlain(session, argument)))
    },
  },
  DELE: {
    needs: 'write',
    async run(session, argument) {
      const path = targetOf(session, argument)
      await session.factory.root.entry(path, sightOf(session), ({ path }) => unlink(path))
      session.log(`DELE ${path}`)
      session.control.reply(250, 'File deleted.')
    },
  },
  RNFR: {
    needs: 'write',
    async run(session, argument) {
      const path = targetOf(session, argument)
      await session.factory.root.entry(path, sightOf(session), ({ path }) => lstat(path))
      session.renameFrom = path
      session.control.reply(350, 'It exists; send RNTO.')
    },
  },
  RNTO: {
    needs: 'write',
    async run(session, argument) {
      const from = session.renameFrom
      session.renameFrom = undefined
      if (from === undefined) throw new Refusal(503, 'RNFR comes first.')
      const to = targetOf(session, argument)
      const { root } = session.factory
      const sight = sightOf(session)
      await root.entry(from, sight, (old) =>
        root.entry(to, sight, (made) => rename(old.path, made.path)),
      )
      session.log(`RNTO ${from} ${to}`)
      session.control.reply(250, 'Renamed.')
    },
  },
}
