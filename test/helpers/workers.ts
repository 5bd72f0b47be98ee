import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'
import { endAll, processesWith } from '../run/conformance/processes.ts'
import { ask } from './control.ts'
import { freePort } from './free-port.ts'
import { type Reloadable, writePlugin } from './reloadable.ts'
import { cleanEnv, type Daemon, daemon } from './runner.ts'
import { tempDir } from './temp-dir.ts'
import { waitFor } from './wait-for.ts'

/** A daemon with workers that run what a test has told them to. */
export interface WithWorkers extends Daemon {
  readonly cwd: string
  readonly port: number
  readonly env: NodeJS.ProcessEnv
  /** Every process of it that lives. */
  processes(): number[]
  status(): Promise<RunStatus>
  /** The pids of the workers, in their order. */
  workers(): Promise<number[]>
  /** Waits for a line of the log. */
  logged(pattern: RegExp): Promise<RegExpMatchArray>
}

/** Where the processes of a test run; they end with it. */
export function marked(t: TestContext): {
  cwd: string
  env: NodeJS.ProcessEnv
  processes(): number[]
} {
  const cwd = tempDir(t)
  const processes = (): number[] => processesWith(`WORKERS_TEST=${cwd}`)
  t.after(() => endAll(processes))
  return { cwd, env: { WORKERS_TEST: cwd }, processes }
}

/** Starts such a daemon, with two workers if nothing else is said. */
export async function withWorkers(
  t: TestContext,
  plugin: Reloadable = {},
  own: readonly string[] = ['--workers', '2'],
  env: NodeJS.ProcessEnv = {},
): Promise<WithWorkers> {
  const at = marked(t)
  const { cwd } = at
  writePlugin(cwd, plugin)
  const port = await freePort()
  const all = { ...at.env, ...env }
  const started = await daemon(t, [...own, 'told', '--port', String(port)], { cwd, env: all })
  const status = async (): Promise<RunStatus> =>
    (await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json()
  return {
    ...started,
    ...at,
    env: cleanEnv(cwd, all),
    port,
    status,
    workers: async () => ((await status()).workers ?? []).map(({ pid }) => pid),
    logged: (pattern) =>
      waitFor(
        started.logfile,
        () => pattern.exec(readFileSync(started.logfile, 'utf8')) ?? undefined,
      ),
  }
}

/** All that a port of localhost, or a path, sends until it closes the connection. */
export function fetchFrom(at: number | string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = typeof at === 'string' ? connect(at) : connect(at, '127.0.0.1')
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject).on('close', () => resolve(text))
  })
}
