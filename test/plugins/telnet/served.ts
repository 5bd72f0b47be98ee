import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { passwordLine } from '../../helpers/password-line.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { type Daemon, daemon } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'

export const env: NodeJS.ProcessEnv = { RUNNER_PLUGIN_PATH: ourPlugins }

/** A daemon to be debugged. */
export interface Debugged extends Daemon {
  readonly port: number
  readonly cwd: string
  /** Waits for a line of its log. */
  line(pattern: RegExp): Promise<string>
}

/** A directory with a password file, in which anna's password is `tiger`. */
export function withUsers(t: TestContext): string {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'users'), passwordLine('anna', 'tiger'), { mode: 0o600 })
  return cwd
}

/** Runs the plugin as a daemon. */
export async function debugged(t: TestContext, ...words: string[]): Promise<Debugged> {
  const cwd = withUsers(t)
  const port = await freePort()
  const all = ['telnet', '--port', String(port), '--password-file', 'users', ...words]
  const started = await daemon(t, all, { cwd, env })
  return { ...started, port, cwd, line: lineOf(started) }
}

export function lineOf({ logfile, log }: Daemon): (pattern: RegExp) => Promise<string> {
  return (pattern) => waitFor(logfile, () => pattern.exec(log())?.[0])
}

/**
 * What a session says to have `process.held` refer to what it has, and has in `_`, too, by
 * the daemon's own `WeakRef`, for one of the session's would hold it itself.
 */
export const HOLD = 'process.held = new (log.msg.constructor("return WeakRef")())(globalThis); [{}]'

/** What another says to learn whether that is gone. */
export const IS_GONE: string = [
  'require("v8").setFlagsFromString("--expose-gc")',
  'const collect = require("vm").runInNewContext("gc")',
  'const wait = () => new Promise((done) => setTimeout(done, 10))',
  // Who looks at it keeps it until the next turn. What a session had may go some turns after it.
  'for (let n = 0; n < 500 && process.held.deref() !== undefined; n += 1) { await wait(); collect() }',
  'process.held.deref() === undefined ? "it is " + "gone" : "it is " + "there"',
].join('; ')
