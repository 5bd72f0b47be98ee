import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hasCommand } from './has-command.ts'
import { isAlive, send } from './runner.ts'
import { until } from './until.ts'
import { waitFor } from './wait-for.ts'

const run = promisify(execFile)
const NEEDED = [
  'dockerd',
  'docker',
  'containerd',
  'runc',
  'iptables',
  'ip',
  'unshare',
  'tar',
  'ldd',
]

/** Why there can be no dockerd of the tests' own here; `false` where there can. */
export const noDockerd: string | false = reason()

/** In its own network, so that the machine's, and a dockerd that is there, aren't touched. */
const START = `
  ip link set lo up && exec dockerd --data-root "$0/data" --exec-root "$0/exec" \\
    --pidfile "$0/pid" --host "unix://$0/sock" --log-level warn`

/** A dockerd of the tests' own, with its images, its networks and its Swarm. */
export class Dockerd {
  readonly #dir: string
  readonly #child: ChildProcess
  #said = ''

  /** @param dir an empty directory; what is in it may be huge */
  constructor(dir: string) {
    this.#dir = dir
    mkdirSync(join(dir, 'config'))
    this.#child = spawn('unshare', ['--mount', '--net', 'sh', '-c', START, dir], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000)
    })
  }

  /** Waits until it answers. @returns why it can't be had here, if it can't */
  async up(): Promise<string | undefined> {
    const reason = await until('dockerd', async () => {
      const { status } = await this.end('version')
      if (status === 0) return ''
      const { exitCode, signalCode } = this.#child
      const runs = exitCode === null && signalCode === null
      return runs ? undefined : `dockerd does not run here: ${this.#said}`
    })
    return reason === '' ? undefined : reason
  }

  /** Runs `docker WORDS`; the test fails if it does. */
  async docker(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.end(...words)
    if (status === 0) return stdout
    throw new Error(`docker ${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  }

  /** The same, for one that may fail. */
  async end(
    ...words: readonly string[]
  ): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
    try {
      return { status: 0, ...(await run('docker', words, { env: this.#env, maxBuffer: 2 ** 26 })) }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { status: code, stdout, stderr }
    }
  }

  /** Makes an image of a directory, with what its links lead to. */
  async import(dir: string, image: string, variables: string): Promise<void> {
    const words = ['--change', `ENV ${variables}`, '-', image]
    const command = 'tar --create --dereference --directory "$0" . | docker import "$@"'
    await run('sh', ['-c', command, dir, ...words], { env: this.#env })
  }

  get #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      DOCKER_HOST: `unix://${join(this.#dir, 'sock')}`,
      DOCKER_CONFIG: join(this.#dir, 'config'),
      // The builder that is in dockerd itself.
      DOCKER_BUILDKIT: '0',
    }
  }

  /** Waits until `docker WORDS` prints what matches. */
  async until(pattern: RegExp, ...words: readonly string[]): Promise<string> {
    for (const end = Date.now() + 180_000; ; ) {
      const { stdout } = await this.end(...words)
      if (pattern.test(stdout)) return stdout
      if (Date.now() > end) throw new Error(`docker ${words.join(' ')} says in the end: ${stdout}`)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }

  /** Ends it, and all that runs in it. */
  async stop(): Promise<void> {
    await this.end('swarm', 'leave', '--force')
    const { stdout } = await this.end('ps', '--all', '--quiet')
    const containers = stdout.split('\n').filter((id) => id !== '')
    if (containers.length > 0) await this.end('rm', '--force', ...containers)
    if (this.#child.exitCode === null) {
      const closed = once(this.#child, 'close')
      this.#child.kill('SIGTERM')
      await closed
    }
    for (const pid of processesNaming(this.#dir)) {
      send(pid, 'SIGKILL')
      await waitFor(`/proc/${pid}`, () => (isAlive(pid) ? undefined : true))
    }
  }
}

function reason(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  const missing = NEEDED.filter((name) => !hasCommand(name))
  return missing.length === 0 ? false : `needs ${missing.join(', ')}`
}

/** Those that have a path in their command line, such as what a dockerd has started. */
function processesNaming(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path)
      } catch {
        return false
      }
    })
}
