/** The words that are verbs of runner itself; no plugin may take one. */
export const RESERVED_TAPNAMES: ReadonlySet<string> = new Set([
  'status',
  'stop',
  'reload',
  'logs',
  'debug',
  'profile',
  'heap',
  'top',
  'health',
  'passwd',
  'plugins',
  'check',
  'export',
  'completion',
])

const TAPNAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Why a word can't be a tapname; `undefined` when it can. */
export function tapnameFault(tapname: unknown): string | undefined {
  if (typeof tapname !== 'string' || tapname === '') return 'a plugin has no tapname'
  if (!TAPNAME.test(tapname)) return `malformed tapname ${JSON.stringify(tapname)}`
  if (RESERVED_TAPNAMES.has(tapname)) return `tapname ${tapname} is a verb of runner`
  return undefined
}
