import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { OF_RELOAD } from './check-of-reload.ts'
import { ExitStatus } from './exit-status.ts'
import { built } from './home.ts'
import { inTime } from './in-time.ts'
import type { Launch } from './plan.ts'

/** The most that is kept of what the check says, in characters. */
const MOST = 100_000

/** What its process may take besides, to start and to say itself that it is late, in seconds. */
const GRACE = 2

/** A check that is going on. */
export interface LaunchCheck {
  /** Rejects with the complaint if it is not passed. */
  readonly passed: Promise<void>
  /** Ends it; resolves when its process is gone. */
  end(): Promise<void>
}

/**
 * Runs `runner check` with the words that runner was called with, in a process of
 * its own: whatever a plugin does there, it doesn't do here.
 *
 * @param seconds the longest that it may take
 * @throws an error if it can't be run
 */
export function checkLaunch(
  { args, cwd, startedAs }: Launch,
  environment: NodeJS.ProcessEnv,
  seconds: number,
): LaunchCheck {
  if (!existsSync(cwd)) throw new Error(`its starting directory ${cwd} is gone`)
  const script = startedAs ?? built('main.js')
  if (!existsSync(script)) throw new Error(`runner itself is gone, which was ${script}`)
  const child = spawn(process.execPath, [...process.execArgv, script, 'check', ...args], {
    cwd,
    env: { ...environment, [OF_RELOAD]: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST)
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (status === 0) resolve()
      else reject(failure(said, status, signal))
    })
  })
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended.catch(() => {})
  }
  const passed = inTime(seconds, 'not checked', ended, GRACE).catch(async (error) => {
    await end()
    throw error
  })
  return { passed, end }
}

/** Its last complaint: what a plugin prints may stand before it. */
function failure(said: string, status: number | null, signal: NodeJS.Signals | null): Error {
  const complaints = [...said.matchAll(/^runner: (cannot .*)\n(?:hint: (.*)\n)?/gm)]
  const [, line, hint] = complaints.at(-1) ?? []
  const how =
    signal === null ? `its check exited with status ${status}` : `its check was ended by ${signal}`
  return Object.assign(new Error(line ?? how), {
    exitStatus: status ?? ExitStatus.SOFTWARE,
    ...(hint === undefined ? {} : { hint }),
  })
}
