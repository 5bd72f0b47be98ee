import { execFileSync } from 'node:child_process'
import { UsageError } from '@runnerd/options'
import type { Identity } from './plan.ts'

/**
 * Turns names into numbers with id(1) and getent(1), which ask the name services
 * that getpwnam(3) does; Node has no call for it. As in twistd, a user without a
 * group comes with their own; a number need not be anybody's. Then there is no such
 * group, and root, whose group would be kept, must name one.
 *
 * @throws UsageError for a name that nobody has, a number that is none of the
 * system's, and a group that is missing
 */
export function lookUpIdentity(user: string | undefined, group: string | undefined): Identity {
  const uid = user === undefined ? undefined : userId(user)
  const gid = group === undefined ? primaryGroup(user as string) : groupId(group)
  if (gid === undefined && process.getuid?.() === 0) {
    throw new UsageError(`cannot run as user ${user}: nobody has this number, so it has no group`, {
      hint: 'use --gid too',
    })
  }
  return { uid, gid, user }
}

/** All groups of an identity, as initgroups(3) would set them. */
export function groupsOf({ user, gid }: Identity): number[] {
  const found = user === undefined || /^\d+$/.test(user) ? undefined : ask('id', '-G', '--', user)
  const own = gid === undefined ? [] : [gid]
  return [
    ...new Set([
      ...own,
      ...(found ?? '')
        .split(' ')
        .filter((id) => id !== '')
        .map(Number),
    ]),
  ]
}

function userId(user: string): number {
  if (/^\d+$/.test(user)) return idOf('uid', user)
  const id = ask('id', '-u', '--', user)
  if (id === undefined) throw new UsageError(`cannot run as user ${user}: no such user`)
  return Number(id)
}

/** The largest id: 32 bits, of which the last number stands for "no change" with setuid(2). */
const LARGEST_ID = 2 ** 32 - 2

function idOf(option: string, text: string): number {
  const id = Number(text)
  if (id <= LARGEST_ID) return id
  throw new UsageError(`option --${option} needs a number of at most ${LARGEST_ID}, not ${text}`)
}

function primaryGroup(user: string): number | undefined {
  const id = ask('id', '-g', '--', user)
  return id === undefined ? undefined : Number(id)
}

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return idOf('gid', group)
  const entry = process.platform === 'darwin' ? askMac(group) : ask('getent', 'group', group)
  if (entry === undefined) throw new UsageError(`cannot run as group ${group}: no such group`)
  return Number(entry.split(':')[2])
}

/** The entry as getent would print it. */
function askMac(group: string): string | undefined {
  const answer = ask('dscl', '.', '-read', `/Groups/${group}`, 'PrimaryGroupID')
  return answer?.replace(/^PrimaryGroupID:\s*/, `${group}:*:`)
}

function ask(command: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}
