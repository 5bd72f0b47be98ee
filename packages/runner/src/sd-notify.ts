import { log } from '@runnerd/logging'
import { complaintOf } from './complaint.ts'
import { UnixDatagram } from './unix-datagram.ts'

const ATTEMPT = 'cannot notify the service manager'

let socket: UnixDatagram | undefined
let failed = false

/**
 * Tells the service manager that started this process how it goes, as sd_notify(3)
 * does: `READY=1`, `STOPPING=1`, `MAINPID=123`, several separated by newlines. Does
 * nothing without `NOTIFY_SOCKET`. Never throws: what can't be told is logged, once.
 *
 * @see https://www.freedesktop.org/software/systemd/man/sd_notify.html
 */
export function sdNotify(text: string): void {
  attempt((to) => to.send(Buffer.from(text)))
}

/**
 * Whether there is a service manager that can be told. One whose socket there is, and
 * koffi is not, takes the process that it has started for the main one to its end.
 */
export function canNotify(): boolean {
  connectSdNotify()
  return socket !== undefined && !failed
}

/** Connects to the service manager now, while its socket can still be reached by its path. */
export function connectSdNotify(): void {
  attempt((to) => to.connect())
}

function attempt(act: (to: UnixDatagram) => void): void {
  const path = process.env.NOTIFY_SOCKET
  if (!path) return
  try {
    socket ??= new UnixDatagram(path, ATTEMPT)
    act(socket)
    failed = false
  } catch (error) {
    if (!failed) log.error(complaintOf(error, ATTEMPT).line)
    failed = true
  }
}
