import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Dockerd } from '../helpers/dockerd.ts'
import { packRunnerd, run } from '../helpers/tools.ts'

/** Says so where it is read, and answers on a port with what it was told to. */
const GREETER = `import { writeSync } from 'node:fs'
import { defineServiceMaker, listenOptions, listenService } from 'runnerd'
writeSync(2, 'code was read\\n')
export const greeter = defineServiceMaker({
  tapname: 'greeter',
  description: 'Greets.',
  options: { ...listenOptions({ port: 7000 }), greeting: { type: 'string', default: 'hello' } },
  makeService(options) {
    if (options.greeting === 'broken') throw new Error('the greeting is broken')
    return listenService(options, (socket) => socket.end(options.greeting))
  },
})
`

/**
 * Asks whatever its name leads to, again and again, and prints once a second what has
 * come of that.
 */
const ASKER = `import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
const [host, port] = process.argv.slice(2)
const answers = {}, failures = {}
const count = (of, what) => { of[what] = (of[what] ?? 0) + 1 }
setInterval(() => console.log(JSON.stringify({ answers, failures })), 1000)
for (;;) {
  try {
    const all = await lookup(host, { all: true, family: 4 })
    const { address } = all[Math.floor(Math.random() * all.length)]
    const socket = connect({ host: address, port: Number(port) })
    socket.setTimeout(30000, () => socket.destroy(new Error('no answer')))
    count(answers, await text(socket))
  } catch (error) {
    count(failures, error.code ?? error.message)
  }
  await new Promise((resolve) => setTimeout(resolve, 10))
}
`

/** The image that has Node and npm of this machine, and nothing else. */
const BASE = 'node-of-this-machine'

/** A project outside of this repository, and an image of it that is made of local files only. */
export class ProjectImage {
  readonly dir: string
  readonly #docker: Dockerd
  readonly #cache: string

  constructor(dir: string, docker: Dockerd) {
    this.dir = join(dir, 'project')
    this.#cache = join(dir, 'cache')
    this.#docker = docker
    mkdirSync(join(this.dir, 'plugins'), { recursive: true })
    const tarball = basename(packRunnerd(this.dir))
    const manifest = { type: 'module', dependencies: { runnerd: `file:./${tarball}` } }
    writeFileSync(join(this.dir, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(this.dir, 'plugins', 'greeter.js'), GREETER)
    writeFileSync(join(this.dir, 'asker.js'), ASKER)
    // Each asks the registry for other things, and in the image there is only the cache.
    this.#npm('install', '--package-lock-only', '--ignore-scripts')
    this.#npm('ci', '--ignore-scripts')
  }

  /** Runs `runner export WORDS` in the project. */
  export(...words: readonly string[]): string {
    const { status, output } = run(this.#runner, ['export', ...words], this.dir)
    if (status !== 0) throw new Error(`cannot export: ${output}`)
    return output
  }

  /** Builds it as `runner export dockerfile` says. */
  async build(image: string, ...words: readonly string[]): Promise<void> {
    await this.#buildBase(join(dirname(this.dir), 'base'))
    this.export('dockerfile', '--base', BASE, '--out', this.dir, '--', ...words)
    await this.#docker.docker('build', '--quiet', '--tag', image, this.dir)
  }

  get #runner(): string {
    return join(this.dir, 'node_modules', '.bin', 'runner')
  }

  #npm(...words: readonly string[]): void {
    const quiet = ['--no-audit', '--no-fund', '--cache', this.#cache]
    const { status, output } = run('npm', [...words, ...quiet], this.dir)
    if (status !== 0) throw new Error(`npm ${words.join(' ')} failed: ${output}`)
  }

  /** By links, for none of it is to be copied more often than once. */
  async #buildBase(root: string): Promise<void> {
    const put = (from: string, to = from): void => {
      mkdirSync(dirname(join(root, to)), { recursive: true })
      symlinkSync(realpathSync(from), join(root, to))
    }
    put(process.execPath, '/usr/bin/node')
    put('/usr/bin/env')
    const { stdout } = spawnSync('ldd', [process.execPath, '/usr/bin/env'], { encoding: 'utf8' })
    const libraries = [...stdout.matchAll(/(?:=>|^)\s+(\/\S+) \(/gm)].map(([, path]) => path)
    for (const path of new Set(libraries)) put(path as string)
    const { output: command } = run('sh', ['-c', 'command -v npm'])
    const npm = realpathSync(command.trim())
    put(dirname(dirname(npm)), '/usr/lib/npm')
    const start = `#!/usr/bin/env node\nrequire('/usr/lib/npm/bin/${basename(npm)}')\n`
    writeFileSync(join(root, 'usr', 'bin', 'npm'), start, { mode: 0o755 })
    put(this.#cache, '/cache')
    // Not with what npm has to say besides.
    const { stdout: registry } = spawnSync('npm', ['config', 'get', 'registry'])
    const settings = { cache: '/cache', offline: 'true', registry: String(registry).trim() }
    const variables = Object.entries(settings).map(([name, value]) => `npm_config_${name}=${value}`)
    await this.#docker.import(root, BASE, ['PATH=/usr/bin', ...variables].join(' '))
  }
}
