import { readFileSync } from 'node:fs'
import { logFormats, logLevels } from './log-settings.ts'

/** What the values of runner's own options are, for completion: paths, or some names. */
export const ownValues: {
  readonly [option: string]: 'files' | 'dirs' | (() => readonly string[])
} = {
  tac: 'files',
  logfile: 'files',
  pidfile: 'files',
  'log-format': () => logFormats,
  'log-level': () => logLevels,
  profile: 'files',
  output: 'files',
  workers: () => ['auto'],
  logger: 'files',
  rundir: 'dirs',
  chroot: 'dirs',
  out: 'dirs',
  directory: 'dirs',
  'plugin-path': 'dirs',
  uid: () => namesIn('/etc/passwd'),
  user: () => namesIn('/etc/passwd'),
  gid: () => namesIn('/etc/group'),
}

/** Only this file: name services can take their time, and a key was pressed. */
function namesIn(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines
    .filter((line) => /^[^#+:-][^:]*:/.test(line))
    .map((line) => line.slice(0, line.indexOf(':')))
}
