import { execFileSync } from 'node:child_process'
import { UsageError } from '@runnerd/options'
import type { Identity } from './plan.ts'

/**
 * Turns names into numbers with id(1) and getent(1), which ask the name services
 * that getpwnam(3) does; Node has no call for it. As in twistd, a user without a
 * group comes with their own; a number need not be anybody's.
 *
 * @throws UsageError for a name that nobody has
 */
export function lookUpIdentity(user: string | undefined, group: string | undefined): Identity {
  return {
    uid: user === undefined ? undefined : userId(user),
    gid: group === undefined ? primaryGroup(user as string) : groupId(group),
    user,
  }
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
  if (/^\d+$/.test(user)) return Number(user)
  const id = ask('id', '-u', '--', user)
  if (id === undefined) throw new UsageError(`cannot run as user ${user}: no such user`)
  return Number(id)
}

function primaryGroup(user: string): number | undefined {
  const id = ask('id', '-g', '--', user)
  return id === undefined ? undefined : Number(id)
}

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group)
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
