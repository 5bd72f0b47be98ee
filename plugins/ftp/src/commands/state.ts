import { type Commands, verbs } from '../commands.ts'
import { FACTS } from '../list-lines.ts'
import { Refusal } from '../refusal.ts'
import type { Session } from '../session.ts'
import { statList } from './lists.ts'

/** What a session goes by, and what it tells of itself (RFC 959, 4.1.2, and RFC 2389). */
export const stateCommands: Commands = {
  TYPE: {
    needs: 'login',
    run(session, argument) {
      const type = /^(?:(A)(?: N)?|(I)|(L) 8)$/i.exec(argument)?.[1] ? 'A' : 'I'
      if (!/^(?:A(?: N)?|I|L 8)$/i.test(argument)) throw new Refusal(504, 'Only A and I are known.')
      session.type = type
      session.control.reply(200, `Type set to ${type}.`)
    },
  },
  MODE: { needs: 'login', run: (session, argument) => only(session, argument, 'S') },
  STRU: { needs: 'login', run: (session, argument) => only(session, argument, 'F') },
  SYST: { run: ({ control }) => control.reply(215, 'UNIX Type: L8') },
  NOOP: { run: ({ control }) => control.reply(200, 'NOOP ok.') },
  HELP: {
    run({ control }) {
      const rows =
        verbs()
          .join(' ')
          .match(/.{1,60}(?: |$)/g) ?? []
      control.replyLines(214, 'These are known:', rows, 'Help ok.')
    },
  },
  FEAT: {
    run(session) {
      session.control.replyLines(211, 'Features:', featuresOf(session), 'End')
    },
  },
  OPTS: {
    run(session, argument) {
      const [, name = '', value = ''] = /^(\S+)(?: (.*))?$/.exec(argument) ?? []
      if (/^UTF-?8$/i.test(name) && /^(?:ON)?$/i.test(value)) {
        return session.control.reply(200, 'It is always UTF-8.')
      }
      if (!/^MLST$/i.test(name)) throw new Refusal(501, 'That is no option.')
      const words = new Set(value.toLowerCase().split(';'))
      const facts = FACTS.filter((fact) => words.has(fact))
      session.facts = new Set(facts)
      session.control.reply(200, `MLST OPTS ${facts.map((fact) => `${fact};`).join('')}`.trimEnd())
    },
  },
  STAT: {
    needs: 'login',
    async run(session, argument) {
      if (argument !== '') return await statList(session, argument)
      const { control, type, cwd, user } = session
      const lines = [
        `Logged in as ${user?.name}`,
        `Directory ${cwd}`,
        `TYPE ${type}, MODE S, STRU F`,
        control.isSecure ? 'With TLS' : 'Without TLS',
      ]
      control.replyLines(211, 'FTP server status:', lines, 'End of status')
    },
  },
}

function only({ control }: Session, argument: string, value: string): void {
  if (argument.toUpperCase() !== value) throw new Refusal(504, `Only ${value} is known.`)
  control.reply(200, 'ok.')
}

function featuresOf({ facts, factory }: Session): string[] {
  const mlst = FACTS.map((fact) => `${fact}${facts.has(fact) ? '*' : ''};`).join('')
  const tls = factory.settings.tls === undefined ? [] : ['AUTH TLS', 'PBSZ', 'PROT']
  return [...tls, 'EPRT', 'EPSV', 'MDTM', `MLST ${mlst}`, 'REST STREAM', 'SIZE', 'TVFS', 'UTF8']
}
