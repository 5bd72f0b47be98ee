import type { Commands } from '../commands.ts'
import { Refusal } from '../refusal.ts'

/** TLS (RFC 2228 and 4217). */
export const securityCommands: Commands = {
  AUTH: {
    run(session, argument) {
      const { tls } = session.factory.settings
      if (tls === undefined) throw new Refusal(502, "Command 'AUTH' not implemented")
      if (!/^TLS(?:-C)?$|^SSL$/i.test(argument)) throw new Refusal(504, 'Only AUTH TLS is known.')
      if (session.control.isSecure) throw new Refusal(503, 'It is secure already.')
      session.secure(tls, 234, 'AUTH TLS successful.')
    },
  },
  PBSZ: {
    run(session, argument) {
      if (!session.control.isSecure) throw new Refusal(503, 'AUTH TLS comes first.')
      if (!/^\d+$/.test(argument)) throw new Refusal(501, 'PBSZ needs a number.')
      session.hasBufferSize = true
      session.control.reply(200, 'PBSZ=0')
    },
  },
  PROT: {
    run(session, argument) {
      if (!session.hasBufferSize) throw new Refusal(503, 'PBSZ comes first.')
      const level = argument.toUpperCase()
      if (level === 'S' || level === 'E') throw new Refusal(536, 'Only PROT C and P are known.')
      if (level !== 'C' && level !== 'P') throw new Refusal(504, 'Only PROT C and P are known.')
      session.protection = level
      session.control.reply(200, `Protection level is ${level}.`)
    },
  },
}
