import type { Account } from './account.ts'

/** Who this process is; `undefined` on Windows, where there is no such thing. */
export interface Identity {
  readonly uid: number | undefined
  readonly euid: number | undefined
  readonly egid: number | undefined
}

/** Who this process is now. */
export function ownIdentity(): Identity {
  return { uid: process.getuid?.(), euid: process.geteuid?.(), egid: process.getegid?.() }
}

/**
 * What has to be changed for a program to run as this account. With either of them it
 * has no supplementary groups: libuv clears them, so that those of root don't stay.
 *
 * @param hasGroup - whether the line names a group
 * @returns why it can't be so
 */
export function changeTo(
  { uid, gid }: Account,
  hasGroup: boolean,
  own: Identity,
): { readonly uid?: number; readonly gid?: number } | string {
  if (own.uid !== own.euid) return 'it would have a way back to root, with --euid; use --uid'
  if (own.euid === 0) return uid === 0 && gid === own.egid ? {} : { uid, gid }
  if (uid !== own.euid) return `only root runs it as the user ${uid}, and this is ${own.euid}`
  if (hasGroup && gid !== own.egid) {
    return `only root runs it as the group ${gid}, and this is ${own.egid}`
  }
  return {}
}
