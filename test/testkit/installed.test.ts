import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../helpers/paths.ts'
import { cleanEnv } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const call = promisify(execFile)

const plugin = `
import { defineServiceMaker, TCPServer } from 'runnerd'

export const hello = defineServiceMaker({
  tapname: 'hello',
  description: 'Says hello.',
  options: { port: { type: 'number', demandOption: true }, iface: { choices: ['localhost'] } },
  makeService: (options) => new TCPServer(options.port, (socket) => socket.end('hello')),
})
`
// Its types are checked, and it is run: what it says of types it says at run time.
const program = `
import { equal, ok } from 'node:assert'
import { checkPlugin, startService, type StartedService } from '@runnerd/testkit'
import { isApplication, UsageError } from 'runnerd'
import { hello } from './plugin.js'

const args: readonly string[] = ['--port', '0', '--iface', 'localhost']
await checkPlugin(new URL('./plugin.js', import.meta.url), { args })
await checkPlugin(new URL('./plugin.js', import.meta.url)).then(
  () => ok(false),
  (error: Error) => ok(error.message.includes('option --port is required'), error.message),
)
const service: StartedService<{ port: number }> = await startService(hello, args)
equal(service.options.port, 0)
ok(isApplication(service.service.parent))
ok(service.address().port > 0)
await service.line(/starting on/)
await service[Symbol.asyncDispose]()
const refusal: unknown = await startService(hello, { port: 'x' }).catch((error: unknown) => error)
ok(refusal instanceof UsageError)
console.log('all is well')
`

const commonJs = `
import testkit = require('@runnerd/testkit')
import runnerd = require('runnerd')

const hello = runnerd.defineServiceMaker({
  tapname: 'hello',
  description: 'Says hello.',
  options: { name: { choices: ['you'] } },
  makeService: () => new runnerd.Service(),
})

async function main(): Promise<void> {
  await testkit.checkPlugin(require.resolve('./plugin.js'), { args: { port: 0 } })
  const service = await testkit.startService(hello, { name: 'you' })
  await service.stop()
  console.log('all is well')
}
void main()
`

const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules', '@types')],
}

test('the packed testkit works in a project of npm that has runnerd, and type checks', async (t) => {
  const cwd = tempDir(t)
  const env = cleanEnv(cwd)
  const packed: string[] = []
  for (const name of ['runner', 'testkit']) {
    const pack = ['pack', '--json', '--pack-destination', cwd]
    const { stdout } = await call('npm', pack, { cwd: join(root, 'packages', name), env })
    packed.push(join(cwd, JSON.parse(stdout)[0].filename))
  }
  writeFileSync(join(cwd, 'package.json'), '{ "private": true, "type": "module" }')
  await call('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packed], {
    cwd,
    env,
  })
  writeFileSync(join(cwd, 'plugin.ts'), plugin)
  writeFileSync(join(cwd, 'program.ts'), program)
  writeFileSync(join(cwd, 'program.cts'), commonJs)
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const types = await call(process.execPath, [tsc], { cwd, env }).catch((error) => error)
  assert.equal(types.stdout, '')
  for (const file of ['program.js', 'program.cjs']) {
    const { stdout } = await call(process.execPath, [file], { cwd, env })
    assert.equal(stdout, 'all is well\n')
  }
})
