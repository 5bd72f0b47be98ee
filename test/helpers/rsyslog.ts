import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { mark } from './leftovers.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { tempDir } from './temp-dir.ts'
import { waitFor } from './wait-for.ts'

const SOCKET = '/dev/log'

/** Why no syslog daemon can be started here; `undefined` if one can. */
export const noRsyslog: string | undefined = await reasonAgainst()

async function reasonAgainst(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'rsyslogd is started on Linux only'
  if (process.getuid?.() !== 0) return 'needs root'
  const { error } = spawnSync('rsyslogd', ['-v'])
  if (error) return 'rsyslogd is not installed'
  // Not that of another test.
  const giveBack = await oneAtATime(SOCKET)
  const isTaken = existsSync(SOCKET)
  await giveBack()
  return isTaken ? `${SOCKET} is somebody else’s` : undefined
}

/** Sees to it that no test has a syslog daemon until this one is over. */
export async function withoutSyslog(t: TestContext): Promise<void> {
  t.after(await oneAtATime(SOCKET))
}

/** Starts rsyslogd, when no other test has one; it is ended with the test. */
export async function startRsyslog(t: TestContext): Promise<Rsyslog> {
  const giveBack = await oneAtATime(SOCKET)
  const rsyslog = new Rsyslog(tempDir(t))
  t.after(async () => {
    await rsyslog.stop()
    await giveBack()
  })
  await rsyslog.start()
  return rsyslog
}

/** rsyslogd on /dev/log, which no other process had, and the file that it writes. */
class Rsyslog {
  readonly dir: string
  readonly file: string
  #child: ChildProcess | undefined

  /** @param dir where its files are */
  constructor(dir: string) {
    this.dir = dir
    this.file = join(dir, 'syslog')
    writeFileSync(this.file, '')
  }

  async start(): Promise<void> {
    const conf = join(this.dir, 'rsyslog.conf')
    writeFileSync(
      conf,
      `global(workDirectory="${this.dir}")
module(load="imuxsock" SysSock.Name="${SOCKET}")
template(name="line" type="string" string="%pri-text%|%syslogtag%|%msg%\\n")
action(type="omfile" file="${this.file}" template="line")
`,
    )
    const args = ['-n', '-f', conf, '-i', join(this.dir, 'rsyslogd.pid')]
    const env = { ...process.env, ...mark }
    this.#child = spawn('rsyslogd', args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
    await waitFor(SOCKET, () => (existsSync(SOCKET) ? true : undefined))
  }

  /** What it has written: `user.info|NAME[PID]:| text`. */
  lines(): string[] {
    return readFileSync(this.file, 'utf8').split('\n').slice(0, -1)
  }

  /** Waits until a line matches. */
  async line(pattern: RegExp): Promise<void> {
    await waitFor(this.file, () =>
      this.lines().some((line) => pattern.test(line)) ? true : undefined,
    )
  }

  /** Has it stand still, or go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  /** Ends it, and removes its socket. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(SOCKET, { force: true })
  }
}
