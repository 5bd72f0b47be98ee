import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** pm2 in a directory of its own, with a daemon of its own. */
export class Pm2 {
  #bin
  #env

  /** @returns undefined where it can't be installed */
  static install(dir) {
    const package_ = join(dir, 'node_modules', 'pm2', 'package.json')
    if (!existsSync(package_)) {
      mkdirSync(dir, { recursive: true })
      writeFileSync(join(dir, 'package.json'), '{"private":true}\n')
      const args = ['install', '--silent', '--no-audit', '--no-fund', 'pm2@6']
      spawnSync('npm', args, { cwd: dir, stdio: 'ignore', timeout: 180_000 })
    }
    return existsSync(package_) ? new Pm2(dir, package_) : undefined
  }

  constructor(dir, package_) {
    this.#bin = join(dir, 'node_modules', 'pm2', 'bin', 'pm2')
    this.#env = { ...process.env, PM2_HOME: join(dir, 'home'), PM2_DISABLE_VERSION_CHECK: '1' }
    this.version = JSON.parse(readFileSync(package_, 'utf8')).version
  }

  /** Runs a command of pm2 to its end. */
  run(...args) {
    const { status, stderr } = spawnSync(process.execPath, [this.#bin, ...args], {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`pm2 ${args.join(' ')} ended with ${status}: ${stderr}`)
  }
}
