import { Refusal } from '../refusal.ts'
import type { Sight } from '../served-root.ts'
import type { Session } from '../session.ts'
import { isPossible, virtualPath } from '../virtual-path.ts'

/**
 * The path that a command names.
 *
 * @throws Refusal if it names none, or one that no file can have
 */
export function targetOf(session: Session, argument: string): string {
  if (argument === '') throw new Refusal(501, 'It needs a path.')
  if (!isPossible(argument)) throw new Refusal(553, 'No file can have that name.')
  return virtualPath(session.cwd, argument)
}

/** What the user of a session can see. */
export function sightOf(session: Session): Sight {
  return { seesHidden: session.user?.seesHidden === true }
}

/**
 * Makes sure that a data connection can be made, before anything is done for it.
 *
 * @throws Refusal
 */
export function readyForData(session: Session): void {
  const { user, protection, data, factory } = session
  if (factory.settings.requireTLS && user?.isAnonymous === false && protection === 'C') {
    throw new Refusal(521, 'Data connections need PROT P.')
  }
  if (!data.isAskedFor) throw new Refusal(503, 'PASV, EPSV, PORT or EPRT required first.')
}
