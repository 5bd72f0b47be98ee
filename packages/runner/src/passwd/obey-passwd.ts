/**
 * `runner passwd FILE NAME`: makes the password files that plugins read.
 */
import {
  hashPassword,
  nameFault,
  type PasswordFileError,
  parseLines,
  readSafely,
  withoutUser,
  withUser,
} from '@runnerd/cred'
import { type ParsedOptions, parseOptions, renderHelp, UsageError } from '@runnerd/options'
import { complaintOf, printed } from '../complaint.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { RunnerError } from '../runner-error.ts'
import { VERSION } from '../version.ts'
import { Interrupted } from './ask-hidden.ts'
import { changePasswordFile } from './change-password-file.ts'
import { readPassword } from './read-password.ts'
import { passwdUsage } from './usage.ts'

const OK: Outcome = { status: ExitStatus.OK }
const HINT = 'runner passwd --help shows how'

/**
 * Does what `runner passwd ARGS` asks for.
 *
 * @throws UsageError, PasswordFileError, and RunnerError for a file that can't be changed
 */
export async function obeyPasswd(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const { values, rest, help, version } = await parse(args)
  if (help || version) {
    print(1, help ? await helpText(variables) : `runner ${VERSION}\n`)
    return OK
  }
  const [path, name] = fileAndName(rest)
  const text = values.delete ? await remove(path, name) : await set(path, name)
  if (text === undefined) return { signal: 'SIGINT' }
  print(2, complaints(text, path))
  return OK
}

async function parse(args: readonly string[]): Promise<ParsedOptions> {
  try {
    return await parseOptions({ spec: passwdUsage.options, args })
  } catch (error) {
    throw new UsageError(`cannot run passwd: ${(error as Error).message}`, {
      hint: HINT,
      cause: error,
    })
  }
}

/** What is said of words too many has none of them in it: one may be a password. */
function fileAndName(words: readonly string[]): readonly [path: string, name: string] {
  const [path, name] = words
  if (!path || name === undefined) {
    throw new UsageError(`cannot run passwd: no ${path ? 'NAME' : 'FILE'} given`, { hint: HINT })
  }
  if (words.length > 2) {
    const hint = 'a password is asked for, or read from standard input'
    throw new UsageError('cannot run passwd: more than FILE and NAME given', { hint })
  }
  const fault = nameFault(name)
  if (fault === undefined) return [path, name]
  throw new UsageError(`cannot run passwd: ${JSON.stringify(name)} is no name of a user: ${fault}`)
}

/** The new text; `undefined` if ^C was pressed. */
async function set(path: string, name: string): Promise<string | undefined> {
  try {
    await refuseBeforehand(path)
    const password = await readPassword(name, `cannot set the password of ${name}`)
    // Long work: it is done before others have to wait.
    const hash = await hashPassword(password)
    return await changePasswordFile(path, true, (text) => withUser(text, name, hash))
  } catch (error) {
    if (error instanceof Interrupted) return undefined
    throw error
  }
}

/** What is known to be wrong is said before anybody types a password. */
async function refuseBeforehand(path: string): Promise<void> {
  try {
    await readSafely(path, 'any owner')
  } catch (error) {
    if ((error as PasswordFileError).code !== 'ERR_PASSWORD_FILE_MISSING') throw error
  }
}

async function remove(path: string, name: string): Promise<string> {
  return await changePasswordFile(path, false, (text) => {
    const without = withoutUser(text, name)
    if (without !== undefined) return without
    const message = `cannot remove ${name}: password file ${path} has no such user`
    throw new RunnerError('ERR_PASSWORD_FILE', ExitStatus.NOINPUT, message)
  })
}

/** What else keeps the file from being used, such as the plain password of another user. */
function complaints(text: string, path: string): string {
  try {
    parseLines(text, path)
    return ''
  } catch (error) {
    return printed(complaintOf(error as PasswordFileError, 'cannot use it'))
  }
}

async function helpText(variables: NodeJS.ProcessEnv): Promise<string> {
  const columns = Number(variables.COLUMNS)
  const width = Number.isInteger(columns) && columns > 0 ? { width: columns } : {}
  const { usage, describe: description, options: spec } = passwdUsage
  return await renderHelp({ usage, description, spec, ...width })
}
