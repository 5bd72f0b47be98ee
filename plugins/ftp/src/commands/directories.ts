import { mkdir, rmdir } from 'node:fs/promises'
import type { Commands } from '../commands.ts'
import { Refusal } from '../refusal.ts'
import { lookAt } from '../served-root.ts'
import type { Session } from '../session.ts'
import { quoted } from '../virtual-path.ts'
import { sightOf, targetOf } from './targets.ts'

/** Directories (RFC 959, 4.1.3). */
export const directoryCommands: Commands = {
  CWD: { needs: 'login', run: changeTo },
  CDUP: { needs: 'login', run: (session) => changeTo(session, '..') },
  PWD: { needs: 'login', run: ({ control, cwd }) => control.reply(257, quoted(cwd)) },
  MKD: {
    needs: 'write',
    async run(session, argument) {
      const path = targetOf(session, argument)
      await session.factory.root.entry(path, sightOf(session), ({ path }) => mkdir(path))
      session.log(`MKD ${path}`)
      session.control.reply(257, `${quoted(path)} created.`)
    },
  },
  RMD: {
    needs: 'write',
    async run(session, argument) {
      const path = targetOf(session, argument)
      await session.factory.root.entry(path, sightOf(session), ({ path }) => rmdir(path))
      session.log(`RMD ${path}`)
      session.control.reply(250, 'Directory removed.')
    },
  },
}

async function changeTo(session: Session, argument: string): Promise<void> {
  const path = targetOf(session, argument)
  const stats = await session.factory.root.existing(path, sightOf(session), lookAt)
  if (!stats.isDirectory()) throw new Refusal(550, `${argument}: not a directory.`)
  session.cwd = path
  session.control.reply(250, 'Directory changed.')
}
