import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fixtures, ourPlugins, runnerBin } from '../../helpers/paths.ts'
import { cleanEnv } from '../../helpers/runner.ts'

/** One of the two programs, and how it is called. */
export interface Program {
  readonly name: 'runner' | 'twistd'
  readonly command: readonly string[]
  /** Its environment; the probe is found by it. */
  readonly env: NodeJS.ProcessEnv
  /** Where in the working directory it finds dropins. */
  readonly plugins: string
  /** What its dropins and tac files end in. */
  readonly ending: string
}

/** Why twistd can't run here; `undefined` when it can. */
export const noTwistd: string | undefined = reasonAgainstTwistd()

function reasonAgainstTwistd(): string | undefined {
  const { error, stdout } = spawnSync('twistd3', ['--version'], { encoding: 'utf8' })
  if (error) return 'twistd3 is not installed'
  const major = Number(/ (\d+)\.\d+\.\d+/.exec(stdout)?.[1])
  // From 25 on a usage error may be status 1.
  return major >= 22 && major <= 24 ? undefined : 'the rows are of twistd 22 to 24'
}

/** Both programs, with directories that the whole suite shares: their caches stay warm. */
export class Programs {
  readonly runner: Program
  readonly twistd: Program
  readonly #dir: string

  constructor() {
    this.#dir = mkdtempSync(join(tmpdir(), 'runner-conformance-'))
    chmodSync(this.#dir, 0o755)
    const twisted = join(this.#dir, 'twisted-path')
    cpSync(join(fixtures, 'twistd'), twisted, { recursive: true })
    const env = { ...cleanEnv(this.#dir), PYTHONPATH: '' }
    this.runner = {
      name: 'runner',
      command: [process.execPath, runnerBin],
      env: { ...env, RUNNER_PLUGIN_PATH: [join(fixtures, 'probe'), ourPlugins].join(delimiter) },
      plugins: 'plugins',
      ending: '.js',
    }
    this.twistd = {
      name: 'twistd',
      command: ['twistd3'],
      env: { ...env, PYTHONPATH: twisted },
      plugins: join('twisted', 'plugins'),
      ending: '.py',
    }
    // Both write what they found down, and are asked once before they are at work in parallel.
    for (const { command, env } of [this.runner, this.twistd]) {
      spawnSync(command[0] as string, [...command.slice(1), '--help'], { env, cwd: this.#dir })
    }
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
