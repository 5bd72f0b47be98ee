import { execFileSync } from 'node:child_process'
import type { Entry } from './entry.ts'

/** Whom a program runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
  /** Empty for a number that is nobody's. */
  readonly user: string
  readonly home: string
  readonly shell: string
}

/** The user, or the group, that nobody has. */
export class UnknownAccountError extends Error {}

/** Looks up users, each once: a file names few of them, and many times. */
export class Accounts {
  readonly #known = new Map<string, string | undefined>()

  /** @throws UnknownAccountError */
  of({ user, group }: Pick<Entry, 'user' | 'group'>): Account {
    const account = this.#user(user, group !== undefined)
    return group === undefined ? account : { ...account, gid: this.#group(group) }
  }

  #user(user: string, hasGroup: boolean): Account {
    const entry = this.#ask('passwd', user)?.split(':')
    if (entry === undefined) {
      if (!isId(user)) throw new UnknownAccountError(`there is no user ${user}`)
      if (!hasGroup) throw new UnknownAccountError(`nobody has the number ${user}: add a group`)
      return { uid: Number(user), gid: -1, user: '', home: '/', shell: '/bin/sh' }
    }
    // macOS' id has three more fields in the middle.
    const [home = '/', shell = ''] = entry.slice(-2)
    const [name = '', , uid, gid] = entry
    return { uid: Number(uid), gid: Number(gid), user: name, home, shell: shell || '/bin/sh' }
  }

  #group(group: string): number {
    if (isId(group)) return Number(group)
    const entry = this.#ask('group', group)
    if (entry === undefined) throw new UnknownAccountError(`there is no group ${group}`)
    return Number(entry.split(':')[2])
  }

  #ask(database: 'passwd' | 'group', key: string): string | undefined {
    const name = `${database} ${key}`
    if (!this.#known.has(name)) this.#known.set(name, lookUp(database, key))
    return this.#known.get(name)
  }
}

/** The largest: the last number of 32 bits stands for "no change" with setuid(2). */
const LARGEST = 2 ** 32 - 2

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= LARGEST
}

/** What getpwnam(3) or getgrnam(3) find, in the form of their files; Node has no call for it. */
function lookUp(database: 'passwd' | 'group', key: string): string | undefined {
  try {
    const [command, ...args] = questionFor(database, key)
    const answer = execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' }).trim()
    if (process.platform !== 'darwin' || database === 'passwd') return answer
    return answer.replace(/^PrimaryGroupID:\s*/, `${key}:*:`)
  } catch {
    return undefined
  }
}

function questionFor(database: 'passwd' | 'group', key: string): [string, ...string[]] {
  if (process.platform !== 'darwin') return ['getent', database, key]
  if (database === 'passwd') return ['id', '-P', key]
  return ['dscl', '.', '-read', `/Groups/${key}`, 'PrimaryGroupID']
}
