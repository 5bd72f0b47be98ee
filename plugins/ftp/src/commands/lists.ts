import { posix } from 'node:path'
import type { Commands } from '../commands.ts'
import { type Facts, factLine, listLine } from '../list-lines.ts'
import { isPattern, matches } from '../matches.ts'
import { write } from '../move-bytes.ts'
import { type Entry, readDirectory } from '../read-directory.ts'
import { Refusal } from '../refusal.ts'
import { lookAt, type Place } from '../served-root.ts'
import type { Session } from '../session.ts'
import { Transfer } from '../transfer.ts'
import { virtualPath } from '../virtual-path.ts'
import { readyForData, sightOf } from './targets.ts'

/** So many lines are told on the control connection. */
const MOST_LINES = 1000

/** Lists of names (RFC 959, 4.1.3, and RFC 3659, 7). */
export const listCommands: Commands = {
  LIST: {
    needs: 'login',
    run: (session, argument) => sendList(session, argument, (entry) => listLine(entry)),
  },
  NLST: {
    needs: 'login',
    run: (session, argument) =>
      sendList(session, argument, ({ name }, within) => posix.join(within, name)),
  },
  MLSD: {
    needs: 'login',
    async run(session, argument) {
      readyForData(session)
      const path = virtualPath(session.cwd, argument)
      const { stats, real } = await lookedUp(session, path)
      if (!stats.isDirectory()) throw new Refusal(501, `${argument}: not a directory.`)
      const facts = factsOf(session)
      await send(session, argument, async function* () {
        yield [factLine({ name: '.', stats }, facts, 'cdir')]
        for await (const entries of entriesIn(session, real)) {
          yield entries.map((entry) => factLine(entry, facts))
        }
      })
    },
  },
  MLST: {
    needs: 'login',
    async run(session, argument) {
      const path = virtualPath(session.cwd, argument)
      const { stats } = await lookedUp(session, path)
      const line = factLine({ name: path, stats }, factsOf(session))
      session.control.replyLines(250, 'Listing', [line], 'End')
    },
  },
}

/** STAT with a path: a list on the control connection. */
export async function statList(session: Session, argument: string): Promise<void> {
  const lines: string[] = []
  for await (const entries of listed(session, await withoutFlags(session, argument))) {
    lines.push(...entries.map(({ entry }) => listLine(entry)))
    if (lines.length > MOST_LINES) throw new Refusal(450, 'There are too many; use LIST.')
  }
  session.control.replyLines(213, 'Status:', lines, 'End of status')
}

async function sendList(
  session: Session,
  given: string,
  line: (entry: Entry, within: string) => string,
): Promise<void> {
  readyForData(session)
  const argument = await withoutFlags(session, given)
  const first = listed(session, argument)
  // What is not there is refused before there is a data connection.
  const begun = await first.next()
  await send(session, argument, async function* () {
    for (let next = begun; !next.done; next = await first.next()) {
      yield next.value.map(({ entry, within }) => line(entry, within))
    }
  })
}

interface Listed {
  readonly entry: Entry
  /** What a client has to put before the name to name it from where it is. */
  readonly within: string
}

/** What a path, or a pattern, stands for. */
async function* listed(session: Session, argument: string): AsyncGenerator<Listed[]> {
  const path = virtualPath(session.cwd, argument)
  const found = await lookedUp(session, path).catch((error) => {
    if (isPattern(posix.basename(argument))) return undefined
    throw error
  })
  if (found !== undefined && !found.stats.isDirectory()) {
    const name = posix.basename(path)
    yield [{ entry: { name, stats: found.stats }, within: posix.dirname(argument) }]
    return
  }
  const within = found === undefined ? posix.dirname(argument) : argument
  const pattern = found === undefined ? posix.basename(path) : '*'
  const directory = found ?? (await lookedUp(session, posix.dirname(path)))
  for await (const entries of entriesIn(session, directory.real)) {
    const fitting = entries.filter(({ name }) => matches(name, pattern))
    yield fitting.map((entry) => ({ entry, within }))
  }
}

async function send(
  session: Session,
  argument: string,
  lines: () => AsyncGenerator<string[]>,
): Promise<void> {
  await new Transfer(session, {
    name: argument === '' ? 'the directory' : argument,
    sends: true,
    async move(socket, count) {
      for await (const some of lines()) {
        const text = some.map((line) => `${line}\r\n`).join('')
        if (text === '') continue
        await write(socket, text)
        count.bytes += Buffer.byteLength(text)
      }
    },
  }).run()
}

async function lookedUp(session: Session, path: string) {
  const look = async (place: Place) => ({ stats: await lookAt(place), real: place.real })
  return await session.factory.root.existing(path, sightOf(session), look)
}

function entriesIn(session: Session, real: string): AsyncGenerator<Entry[]> {
  return readDirectory(session.factory.root, real, sightOf(session))
}

function factsOf({ facts, user }: Session): Facts {
  return { wanted: facts, mayWrite: user?.mayWrite === true }
}

/** Clients of old put `-la` before the path, as for ls; what has such a name is meant by it. */
async function withoutFlags(session: Session, argument: string): Promise<string> {
  const path = argument.replace(/^-[A-Za-z1]+(?: +|$)/, '')
  if (path === argument) return path
  const found = lookedUp(session, virtualPath(session.cwd, argument))
  return await found.then(
    () => argument,
    () => path,
  )
}
