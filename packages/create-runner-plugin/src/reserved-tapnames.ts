/**
 * The words that no plugin may take, as @runnerd/plugin has them. A test holds
 * the two lists together: depending on runner to know them would have npm fetch
 * it for a command that only writes files.
 */
export const RESERVED_TAPNAMES: readonly string[] = [
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
]
