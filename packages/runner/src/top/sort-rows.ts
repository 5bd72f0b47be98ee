import type { DaemonRow } from './daemon-row.ts'

/** What the rows can be sorted by. */
export type Order = 'c' | 'm' | 'n' | 'l' | 'o'

interface Sorting {
  readonly by: string
  of(row: DaemonRow): number | undefined
}

/** Each by the key that has them so. */
export const orders: { readonly [order in Order]: Sorting } = {
  c: { by: 'CPU', of: ({ cpu }) => cpu },
  m: { by: 'memory', of: ({ memory }) => memory },
  n: { by: 'name', of: () => undefined },
  l: { by: 'lag', of: ({ lag }) => lag },
  o: { by: 'connections', of: ({ open }) => open },
}

export function isOrder(key: string): key is Order {
  return Object.hasOwn(orders, key)
}

/** The most first, those last of whom it isn't known; what is equal by name. */
export function sorted(rows: readonly DaemonRow[], order: Order): DaemonRow[] {
  const { of } = orders[order]
  const value = (row: DaemonRow): number => of(row) ?? -1
  return [...rows].sort(
    (a, b) =>
      value(b) - value(a) ||
      compared(a.name ?? '', b.name ?? '') ||
      compared(a.pid ?? 0, b.pid ?? 0),
  )
}

function compared<T extends string | number>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1
}
