import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'
import { ask } from '../helpers/control.ts'
import { freePort } from '../helpers/free-port.ts'
import { fixtures } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { endAll, processesWith } from '../run/conformance/processes.ts'
import { Disk } from './disk.ts'

/** How long anything that is to come may take, in ms. */
const PATIENCE = 60_000

/** A daemon with workers, in a directory of its own, and with its log on a small disk. */
export class Soaked {
  readonly cwd: string = realpathSync(mkdtempSync(join(tmpdir(), 'runner-soak-')))
  readonly log: string = join(this.cwd, 'log', 'runner.log')
  readonly disk: Disk
  readonly poem: number
  readonly http: number
  readonly #env: NodeJS.ProcessEnv = {
    RUNNER_PLUGIN_PATH: join(fixtures, 'soaked'),
    SOAKED: this.cwd,
  }

  static async start(workers: number): Promise<Soaked> {
    const soaked = new Soaked(await freePort(), await freePort())
    const runs = ['--workers', String(workers), '--drain-timeout', '10']
    const logs = ['--logfile', soaked.log, '--log-max-size', '200k', '--log-max-files', '3']
    const ports = ['--poem', String(soaked.poem), '--http', String(soaked.http)]
    const { status, stderr } = await soaked.runner([...runs, ...logs, 'soaked', ...ports])
    if (status !== 0) throw new Error(`it did not start: ${stderr}`)
    return soaked
  }

  private constructor(poem: number, http: number) {
    this.poem = poem
    this.http = http
    const dir = join(this.cwd, 'log')
    mkdirSync(dir)
    this.disk = new Disk(dir)
  }

  async runner(args: readonly string[]): Promise<{ status: number | null; stderr: string }> {
    return await runner(args, { cwd: this.cwd, env: this.#env })
  }

  async tell(path: string): Promise<void> {
    const { code, text } = await ask(join(this.cwd, 'runner.sock'), 'POST', path)
    if (code !== 200) throw new Error(`${path} was answered with ${code}: ${text}`)
  }

  async status(): Promise<RunStatus> {
    return (await ask(join(this.cwd, 'runner.sock'), 'GET', '/status')).json()
  }

  pid(): number {
    return Number(readFileSync(join(this.cwd, 'runner.pid'), 'utf8'))
  }

  processes(): number[] {
    return processesWith(`SOAKED=${this.cwd}`)
  }

  /** Of its log, but for those that tell of requests. */
  lastLines(): string {
    const dir = dirname(this.log)
    const names = readdirSync(dir).filter((name) => name !== 'ballast')
    const lines = names
      .flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'))
      .filter((line) => line !== '' && !line.includes('] answering /'))
    return lines.sort().slice(-60).join('\n')
  }

  /** Ends whatever is left of it, and leaves nothing behind. */
  async end(): Promise<void> {
    await endAll(() => this.processes())
    this.disk.end()
    rmSync(this.cwd, { recursive: true, force: true })
  }
}

/** Waits until it holds. @throws when it does not in a minute */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await sleep(20)
  }
}
