import { UsageError } from '@runnerd/options'

/**
 * What an empty text can't name. It would be the starting directory, or nobody; an
 * empty --pidfile and --logfile have a meaning, and the others have a form.
 */
const naming: { readonly [option: string]: string } = {
  tac: 'a file',
  rundir: 'a directory',
  chroot: 'a directory',
  uid: 'a user',
  gid: 'a group',
  profile: 'a file',
  'plugin-path': 'a directory',
}

/**
 * Refuses what a variable of the shell that is not set has left: `--chroot="$ROOT"`
 * would run in no other root.
 *
 * @throws UsageError
 */
export function refuseEmpty(values: Readonly<Record<string, unknown>>): void {
  for (const [option, what] of Object.entries(naming)) {
    if (![values[option]].flat().includes('')) continue
    throw new UsageError(`option --${option} needs the name of ${what}`)
  }
}
