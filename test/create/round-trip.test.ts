import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fetchAll } from '../helpers/fetch-all.ts'
import { freePort } from '../helpers/free-port.ts'
import { type Npm, npmIn } from '../helpers/npm.ts'
import { gone, isAlive } from '../helpers/runner.ts'
import { waitFor } from '../helpers/wait-for.ts'

/** What a template's plugin takes, and what is heard from it then. */
interface Told {
  readonly template: string
  /** One with a scope is published, and installed by its name; the others from the packed file. */
  readonly name: string
  readonly inPackage: readonly string[]
  readonly options: (port: number) => string[]
  readonly heard: (port: number, site: string) => Promise<string>
}

const templates: readonly Told[] = [
  {
    template: 'tcp',
    name: '@acme/hello',
    inPackage: ['dist/dropin.json', 'dist/plugin.d.ts', 'dist/plugin.js'],
    options: (port) => ['--port', `${port}`, '--name', 'you'],
    heard: async (port) => String(await fetchAll(port)),
  },
  {
    template: 'http',
    name: 'hello',
    inPackage: ['dist/dropin.json', 'dist/plugin.d.ts', 'dist/plugin.js'],
    options: (port) => ['--port', `${port}`, '--name', 'you'],
    heard: async (port) => await (await fetch(`http://127.0.0.1:${port}/`)).text(),
  },
  {
    template: 'timer',
    name: 'hello',
    inPackage: ['dist/dropin.json', 'dist/plugin.d.ts', 'dist/plugin.js'],
    options: () => ['--interval', '0.01', '--name', 'you'],
    heard: (_, site) =>
      waitFor(join(site, 'runner.log'), () => {
        const log = readFileSync(join(site, 'runner.log'), 'utf8')
        return /hello you (?=\(2\))/.exec(log)?.[0]
      }),
  },
  {
    template: 'js',
    name: 'hello',
    inPackage: ['plugins/dropin.json', 'plugins/hello.js'],
    options: (port) => ['--port', `${port}`, '--name', 'you'],
    heard: async (port) => String(await fetchAll(port)),
  },
]

let dir: string
let npm: Npm

before(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'runner-test-')))
  npm = await npmIn(dir, ['runner', 'testkit', 'create-runner-plugin'])
})

after(async () => {
  await npm.registry.close()
  rmSync(dir, { recursive: true, force: true })
})

for (const { template, name, inPackage, options, heard } of templates) {
  const work = (): string => join(dir, template)
  const hello = (): string => join(work(), 'hello')
  const site = (): string => join(work(), 'site')

  test(`a plugin made from ${template} builds and passes its own tests`, async () => {
    mkdirSync(work())
    const words = ['runner-plugin', name, '--', '--template', template]
    assert.match(await npm.run(work(), 'npm', 'create', ...words), /^Made hello, /m)
    await npm.run(hello(), 'npm', 'install')
    await npm.run(hello(), 'npm', 'run', 'build')
    await npm.run(hello(), 'npm', 'test')
  })

  test(`a plugin made from ${template} runs where it is written`, async () => {
    await isListed(hello())
  })

  test(`a plugin made from ${template} is packed with its dropin.json and no test`, async () => {
    const printed = await npm.run(hello(), 'npm', 'pack', '--silent')
    const tarball = join(hello(), printed.trim().split('\n').at(-1) as string)
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
    assert.deepEqual(
      files.sort(),
      [...inPackage, 'README.md', 'package.json'].map((file) => `package/${file}`).sort(),
    )
  })

  test(`a plugin made from ${template} installs, is listed and runs as a daemon`, async (t) => {
    mkdirSync(site())
    writeFileSync(join(site(), 'package.json'), '{}')
    if (name === 'hello') {
      await npm.run(site(), 'npm', 'install', '../hello/hello-0.1.0.tgz', 'runnerd')
    } else {
      await npm.run(hello(), 'npm', 'publish', '--access', 'public')
      await npm.run(site(), 'npm', 'install', name, 'runnerd')
    }
    await isListed(site())
    const port = await freePort()
    await npm.run(site(), 'npx', 'runner', 'hello', ...options(port))
    const pid = Number(readFileSync(join(site(), 'runner.pid'), 'utf8'))
    t.after(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    })
    assert.match(await heard(port, site()), /^hello you\b/)
    process.kill(pid, 'SIGTERM')
    await gone(pid)
  })
}

async function isListed(cwd: string): Promise<void> {
  assert.match(await npm.run(cwd, 'npx', 'runner'), /^ {4}hello +\S/m)
  const help = await npm.run(cwd, 'npx', 'runner', 'hello', '--help')
  assert.match(help, /^ +--name +Whom to greet\./m)
}
