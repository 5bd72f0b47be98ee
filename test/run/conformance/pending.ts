import type { PendingRow } from './row.ts'

/** Rows for what comes in later versions. */
export const pending: readonly PendingRow[] = [
  {
    row: 53,
    does: 'portforward, socks, web, ftp and inetd do their work',
    pending: 'the plugins portforward, socks, web, ftp and inetd come later',
  },
]
