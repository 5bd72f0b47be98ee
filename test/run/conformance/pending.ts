import type { PendingRow } from './row.ts'

/** Rows for what comes in later versions. */
export const pending: readonly PendingRow[] = [
  {
    row: 51,
    does: 'procmon starts a program again, later and later',
    pending: 'the plugin procmon comes later',
  },
  {
    row: 52,
    does: 'procmon kills a program that ignores SIGTERM',
    pending: 'the plugin procmon comes later',
  },
  {
    row: 53,
    does: 'portforward, socks, web, ftp and inetd do their work',
    pending: 'the plugins portforward, socks, web, ftp and inetd come later',
  },
]
