import { resolve } from 'node:path'
import { linkTarget, writeFully } from '@runnerd/logging'
import { UsageError } from '@runnerd/options'
import { printed } from '../complaint.ts'
import { DaemonClient } from '../control/daemon-client.ts'
import type { RunStatus } from '../control/run-status.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { RunnerError } from '../runner-error.ts'
import { lastLines } from './last-lines.ts'
import { LogPart } from './log-files.ts'
import { LogFollower } from './log-follower.ts'
import type { DaemonVerb, VerbCall } from './verb.ts'

const ATTEMPT = 'cannot show the log'

const GET_STATUS = { method: 'GET', target: '/status' } as const

/** Between two looks at a log that is followed, in ms. */
const PAUSE = 100

const OK: Outcome = { status: ExitStatus.OK }

/** `runner logs`: the end of a log, and what is added to it. */
export const logs: DaemonVerb = async (call) => {
  const count = countOf(call.values.lines as number)
  const path = linkTarget(await pathOf(call))
  const live = openLog(path)
  const printer = new LinePrinter()
  // At once: what is rotated from now on comes after the live file.
  const { size } = live
  const follower = new LogFollower(path, live, size, complain)
  for await (const bytes of lastLines(path, live, size, count, complain)) {
    if (!printer.print(bytes)) return OK
  }
  if (call.values.follow !== true) {
    printer.end()
    return OK
  }
  for (;;) {
    for await (const bytes of follower.news()) if (!printer.print(bytes)) return OK
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/** What can't be shown is told beside what can. */
function complain(line: string): void {
  print(2, printed({ line, status: ExitStatus.NOINPUT }))
}

function countOf(lines: number): number {
  if (Number.isInteger(lines) && lines >= 0) return lines
  const hint = 'runner logs --help lists the options'
  throw new UsageError(`cannot run logs: option --lines needs a whole number, not ${lines}`, {
    hint,
  })
}

/** Where the log is: a daemon that can't be asked still has one. */
async function pathOf({ pidfile, values, cwd }: VerbCall): Promise<string> {
  if (values.logfile !== undefined) return resolve(cwd, values.logfile as string)
  const hint = 'runner logs --logfile FILE reads a log without asking'
  try {
    const daemon = new DaemonClient(pidfile, ATTEMPT)
    const { logFile, logsTo } = await daemon.ask<RunStatus>(GET_STATUS)
    if (logFile !== null) return logFile
    throw cannot(
      ExitStatus.UNAVAILABLE,
      `pid ${daemon.pid} logs to ${logsTo === 'logger' ? 'a logger of its own' : logsTo}`,
    )
  } catch (error) {
    const { code, exitStatus, message } = error as RunnerError
    if (code !== 'ERR_NO_DAEMON' && code !== 'ERR_NO_CONTROL') throw error
    throw new RunnerError(code, exitStatus, message, { hint })
  }
}

function openLog(path: string): LogPart {
  try {
    return new LogPart(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES') throw cannot(ExitStatus.NOPERM, `${path}: permission denied`)
    const reason = code === 'ENOTFILE' ? 'it is not a file' : 'no such file'
    throw cannot(ExitStatus.NOINPUT, `${path}: ${reason}`)
  }
}

function cannot(status: ExitStatus, reason: string): RunnerError {
  return new RunnerError('ERR_NO_LOG', status, `${ATTEMPT}: ${reason}`)
}

/** Prints whole lines, so that those of two files don't run into each other. */
class LinePrinter {
  #rest: Buffer = Buffer.alloc(0)

  /** Returns whether anybody still reads. */
  print(bytes: Buffer): boolean {
    const end = bytes.lastIndexOf('\n') + 1
    const whole = Buffer.concat([this.#rest, bytes.subarray(0, end)])
    if (end === 0) {
      this.#rest = Buffer.concat([this.#rest, bytes])
      return true
    }
    this.#rest = Buffer.from(bytes.subarray(end))
    return this.#write(whole)
  }

  /** Prints the line that was begun, if there is one. */
  end(): void {
    if (this.#rest.length > 0) this.#write(this.#rest)
  }

  #write(bytes: Buffer): boolean {
    try {
      writeFully(1, bytes.toString())
      return true
    } catch {
      return false
    }
  }
}
