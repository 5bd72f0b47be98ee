import { isIPv4, isIPv6 } from 'node:net'
import type { Commands } from '../commands.ts'
import {
  checkDataAddress,
  type DataAddress,
  formatPort,
  parseExtendedPort,
  parsePort,
} from '../data-address.ts'
import { Refusal } from '../refusal.ts'
import type { Session } from '../session.ts'

/** How the next data connection is made (RFC 959, 4.1.2, and RFC 2428). */
export const dataCommands: Commands = {
  PASV: {
    needs: 'login',
    async run(session) {
      const { host, peer } = endsOf(session)
      notAfterEPSVAll(session)
      if (!isIPv4(host)) throw new Refusal(425, 'PASV is for IPv4, use EPSV.')
      const { passiveHost, passivePorts } = session.factory.settings
      const port = await session.data.listen(host, peer, passivePorts)
      const numbers = formatPort({ host: passiveHost ?? host, port })
      session.control.reply(227, `Entering Passive Mode (${numbers}).`)
    },
  },
  EPSV: {
    needs: 'login',
    async run(session, argument) {
      const { host, peer } = endsOf(session)
      if (argument.toUpperCase() === 'ALL') {
        session.isEPSVOnly = true
        return session.control.reply(200, 'EPSV ALL ok.')
      }
      const own = isIPv4(host) ? '1' : '2'
      if (argument !== '' && argument !== own) {
        throw new Refusal(522, `Network protocol not supported, use (${own})`)
      }
      const port = await session.data.listen(host, peer, session.factory.settings.passivePorts)
      session.control.reply(229, `Entering Extended Passive Mode (|||${port}|).`)
    },
  },
  PORT: { needs: 'login', run: (session, text) => useActive(session, parsePort(text), 'PORT') },
  EPRT: {
    needs: 'login',
    run: (session, text) => useActive(session, parseExtendedPort(text), 'EPRT'),
  },
}

function useActive(session: Session, to: DataAddress, verb: string): void {
  const { host, peer } = endsOf(session)
  notAfterEPSVAll(session)
  if (isIPv6(to.host) !== isIPv6(peer)) {
    throw new Refusal(522, `Network protocol not supported, use (${isIPv4(peer) ? 1 : 2})`)
  }
  checkDataAddress(to, peer)
  // It is the same address, and has the zone of a link-local one.
  session.data.useActive({ host: peer, port: to.port }, host)
  session.control.reply(200, `${verb} command successful.`)
}

function endsOf({ control }: Session): { host: string; peer: string } {
  const { host, peer } = control
  if (host === undefined || peer === undefined) {
    throw new Refusal(425, 'There are no data connections beside a UNIX socket.')
  }
  return { host, peer }
}

function notAfterEPSVAll(session: Session): void {
  if (session.isEPSVOnly) throw new Refusal(501, 'Only EPSV after EPSV ALL.')
}
