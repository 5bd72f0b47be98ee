import type { ConnectionCounts, ListenerDescription } from '@runnerd/service'

/** How many connections are open, and of how many at most. */
export function openText(connections: Partial<ConnectionCounts> = {}): string {
  const { open = '', most } = connections
  return most === undefined ? String(open) : `${open} of ${most}`
}

/** Where a listener is, as an operator says it: `tcp 127.0.0.1:8080`. */
export function placeText({ kind, address, port }: ListenerDescription): string {
  const bracketed = address.includes(':') ? `[${address}]` : address
  return `${kind} ${port === undefined ? address : `${bracketed}:${port}`}`
}

/** Megabytes, of bytes. */
export function inMB(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

/** In local time; the date too where it isn't today's, or asked for. */
export function moment(iso: string, now: Date, wants: 'date' | 'time'): string {
  const at = new Date(iso)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  return wants === 'time' && at.toDateString() === now.toDateString() ? time : `${day} ${time}`
}

/** How long ago, in the largest unit that says enough. */
export function age(iso: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}
