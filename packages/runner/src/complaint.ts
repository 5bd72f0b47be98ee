import { getSystemErrorMap } from 'node:util'
import { plainLine } from '@runnerd/options'
import { ExitStatus, exitStatusOf } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/** An error as the operator gets it. It is JSON: a daemon sends it to its parent. */
export interface Complaint {
  /** `cannot VERB OBJECT: reason` */
  readonly line: string
  readonly hint?: string
  readonly status: number
}

/**
 * Puts an error into words. One that says itself what can't be done is taken as
 * it is; else `attempt` says it: `cannot start fastpoetry`.
 */
export function complaintOf(error: unknown, attempt: string): Complaint {
  try {
    return inWords(error, attempt)
  } catch {
    // A getter or toString that throws, causes that go round in a circle.
    return { line: `${attempt}: an error that cannot be shown`, status: ExitStatus.SOFTWARE }
  }
}

function inWords(error: unknown, attempt: string): Complaint {
  const reason = reasonOf(error)
  const hint = (error as { hint?: unknown } | null)?.hint
  return {
    line: reason.startsWith('cannot ') ? reason : `${attempt}: ${reason}`,
    ...(typeof hint === 'string' ? { hint } : {}),
    status: exitStatusOf(error) ?? ExitStatus.SOFTWARE,
  }
}

/** True for an error nobody foresaw: its stack belongs in the log. */
export function isUnforeseen(error: unknown): boolean {
  try {
    return exitStatusOf(error) === undefined
  } catch {
    return true
  }
}

/** True for what the command line is to blame for. */
export function isUsage(error: unknown): boolean {
  try {
    return (error as { code?: unknown } | null | undefined)?.code === 'ERR_USAGE'
  } catch {
    return false
  }
}

/**
 * The complaint as it is printed, each line with its line break. There is what
 * somebody typed in it, and names of files.
 */
export function printed({ line, hint }: Complaint): string {
  return `runner: ${plainLine(line)}\n${hint === undefined ? '' : `hint: ${plainLine(hint)}\n`}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return firstLine(String(error))
  const { errno, syscall, path } = error as NodeJS.ErrnoException
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  if (known !== undefined && syscall !== undefined && path !== undefined) {
    // That of a program that can't be started has its path as well.
    return `cannot ${syscall.split(' ')[0]} ${path}: ${known}`
  }
  // What is said for an operator is one line, but for what somebody typed.
  if (isForOperators(error)) return error.message
  return firstLine(error.message) || error.name
}

function isForOperators(error: Error): boolean {
  if (error instanceof RunnerError) return true
  const isSaid = error.message.startsWith('cannot ') || isUsage(error)
  return isSaid && exitStatusOf(error) !== undefined
}

function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the line goes to a terminal
  return line.trim().replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
}
