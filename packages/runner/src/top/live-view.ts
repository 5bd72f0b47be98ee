import type { VerbCall } from '../daemon-verbs/verb.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { interrupts, type StopSignal } from '../stop-signals.ts'
import { DaemonLooks } from './daemon-looks.ts'
import { rowOf } from './daemon-row.ts'
import { FullScreen } from './full-screen.ts'
import { Happenings } from './happenings.ts'
import { isOrder, type Order } from './sort-rows.ts'
import { view } from './view.ts'

type Happening =
  | 'look'
  | 'draw'
  | 'suspend'
  | 'continue'
  | { readonly key: string }
  | { readonly signal: StopSignal }

/** Answers that come as close to each other are drawn at once, in ms. */
const TOGETHER = 100

const INTERRUPT = '\u0003'
const QUIT = '\u001c'
const SUSPEND = '\u001a'
const ESCAPE = '\u001b'

/**
 * `runner top` on a terminal, until q is pressed or a signal comes. However it ends,
 * the terminal is as it was before; but for SIGKILL, which nobody is told of.
 */
export async function liveView(call: VerbCall, seconds: number): Promise<Outcome> {
  const happenings = new Happenings<Happening>()
  const screen = new FullScreen(process.stdin, process.stdout)
  const looks = new DaemonLooks(
    call,
    inOne(() => happenings.add('draw')),
  )
  let order: Order = 'c'
  process.once('exit', () => screen.close())
  process.on('uncaughtException', (error) => happenings.fail(error))
  gather(happenings, seconds)
  try {
    screen.open()
    for (;;) {
      const happening = await happenings.next()
      if (happening === 'look') looks.look()
      else if (happening === 'suspend') suspend(screen, process.pid, happenings)
      else if (happening === 'continue') reopen(screen)
      else if (typeof happening === 'object') {
        const { signal, key } = { signal: undefined, key: '', ...happening }
        if (signal !== undefined) return { signal }
        if (key === 'q') return { status: ExitStatus.OK }
        if (key === INTERRUPT) return { signal: 'SIGINT' }
        if (key === QUIT) return { signal: 'SIGQUIT' }
        // As the terminal would, all that was started with this process.
        if (key === SUSPEND) suspend(screen, 0, happenings)
        if (isOrder(key)) order = key
      }
      const { columns, lines } = screen.size
      const rows = looks.all().map(rowOf)
      screen.draw(view({ rows, order, now: new Date(), seconds, columns, lines }))
    }
  } finally {
    screen.close()
  }
}

function gather(happenings: Happenings<Happening>, seconds: number): void {
  const { stdin, stdout } = process
  happenings.add('look')
  setInterval(() => happenings.add('look'), seconds * 1000)
  for (const signal of interrupts) process.on(signal, () => happenings.add({ signal }))
  process.on('SIGCONT', () => happenings.add('continue'))
  catchSuspend(happenings)
  stdout.on('resize', () => happenings.add('draw'))
  stdin.setEncoding('utf8').on('data', (keys: string) => {
    // An arrow and its like are several characters.
    if (!keys.startsWith(ESCAPE)) for (const key of keys) happenings.add({ key })
  })
  // The terminal has gone, and the signal that says so may be lost.
  for (const end of ['end', 'error']) stdin.on(end, () => happenings.add({ signal: 'SIGHUP' }))
}

function catchSuspend(happenings: Happenings<Happening>): void {
  process.on('SIGTSTP', () => happenings.add('suspend'))
}

/** Gives the terminal back, and stands still until somebody has this process go on. */
function suspend(screen: FullScreen, pid: number, happenings: Happenings<Happening>): void {
  screen.close()
  process.removeAllListeners('SIGTSTP')
  // Returns when it goes on; at once where no shell is there to say so.
  process.kill(pid, 'SIGTSTP')
  catchSuspend(happenings)
  screen.open()
}

/** Whoever had the terminal meanwhile may have set it otherwise. */
function reopen(screen: FullScreen): void {
  screen.close()
  screen.open()
}

/** Has something done once for all calls that come soon after each other. */
function inOne(act: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      act()
    }, TOGETHER)
  }
}
