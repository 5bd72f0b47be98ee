/** The verbs that deal with daemons, in the order in which help lists them. */
export const daemonVerbNames = [
  'status',
  'top',
  'stop',
  'reload',
  'logs',
  'debug',
  'profile',
  'heap',
  'health',
] as const

export type DaemonVerbName = (typeof daemonVerbNames)[number]

export function isDaemonVerb(word: string | undefined): word is DaemonVerbName {
  return (daemonVerbNames as readonly (string | undefined)[]).includes(word)
}
