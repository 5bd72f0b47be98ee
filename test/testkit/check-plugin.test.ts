import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type CheckPluginOptions, checkPlugin } from '@runnerd/testkit'
import { fixtures } from '../helpers/paths.ts'

const dir = join(fixtures, 'testkit')

/** What is said of a file: every fault, in order. */
async function faultsOf(name: string, options?: CheckPluginOptions): Promise<string[]> {
  const path = join(dir, name)
  try {
    await checkPlugin(path, options)
    return []
  } catch (error) {
    assert.ok(error instanceof assert.AssertionError, String(error))
    const [first, ...faults] = error.message.split('\n  - ')
    assert.equal(first, `${path} is no sound plugin:`)
    return faults
  }
}

const faulty: readonly (readonly [file: string, fault: string, options?: CheckPluginOptions])[] = [
  ['no-such-file', 'there is no such file'],
  ['no-maker', 'exports no service maker, but answer'],
  ['no-exports', 'exports no service maker, but nothing'],
  ['two-makers', 'exports several service makers (one, two): say which by the option tapname'],
  ['two-makers', 'exports no service maker three, but one, two', { tapname: 'three' }],
  ['reserved-tapname', 'tapname status is a verb of runner'],
  ['malformed-tapname', 'malformed tapname "a b"'],
  ['no-description', 'has no description'],
  ['no-make-service', 'has no makeService'],
  ['code-in-options', 'option port: coerce is code; options are JSON data, see postOptions'],
  ['options-not-json', 'has options that JSON does not keep as they are'],
  [
    'changing-options',
    'has options that are others at the next look: runner keeps and shows the first',
  ],
  ['throws-on-import', "can't be imported: not today"],
  ['prints-on-import', 'importing it prints on stdout: "hello from the import"'],
  ['warns-on-import', 'importing it prints on stderr: "careful"'],
  ['timer-on-import', 'importing it leaves Timeout active'],
  ['listener-on-import', 'importing it leaves a listener of SIGUSR2 on process'],
  ['exit-code-on-import', 'importing it sets process.exitCode to 3'],
  ['directory-on-import', 'importing it changes the working directory to /'],
  ['exits-on-import', 'ended the process with status 0 while it is imported'],
  ['kills-on-import', 'was ended by SIGKILL while it is imported'],
  ['awaits-for-ever', 'awaits what never comes while it is imported'],
  ['loops-on-import', 'did not end within 5 seconds while it is imported', { timeout: 5 }],
  ['timer-in-options', 'reading its options leaves Timeout active'],
  ['demands-an-option', "can't be made: cannot run hello: option --name is required"],
  ['makes-nothing', "can't be made: cannot load hello: makeService returned nothing"],
  ['make-service-listens', 'makeService leaves TCPServerWrap active'],
  ['fails-to-start', "can't be started: no poem"],
  ['fails-to-stop', "can't be stopped: no end"],
  ['throws-later', 'throws an error while its service starts that nobody catches: too late'],
  ['exits-in-start', 'ended the process with status 7 while its service starts'],
  ['leaves-timer', 'after its stop it leaves Timeout active'],
  ['leaves-server', 'after its stop it leaves TCPServerWrap active'],
  ['leaves-listener', 'after its stop it leaves a listener of SIGUSR2 on process'],
]

for (const [name, fault, options] of faulty) {
  test(`checkPlugin says of ${name} that it ${fault}`, async () => {
    assert.deepEqual(await faultsOf(`${name}.js`, options), [fault])
  })
}

test('checkPlugin names everything that is wrong at once', async () => {
  assert.deepEqual(await faultsOf('all-wrong.js'), [
    'tapname stop is a verb of runner',
    'has no description',
    'has no makeService',
    'option port: coerce is code; options are JSON data, see postOptions',
  ])
})

test('checkPlugin takes a module of makers by the tapname of one', async () => {
  assert.deepEqual(await faultsOf('two-makers.js', { tapname: 'two' }), [])
})

test('checkPlugin takes a CommonJS module', async () => {
  assert.deepEqual(await faultsOf('commonjs.cjs'), [])
})

test("checkPlugin takes Twisted's form, a class of options and an instance of a maker", async () => {
  assert.deepEqual(await faultsOf('twisted-form.js', { args: { port: 0 } }), [])
})

test('checkPlugin waits for requests that are under way', async () => {
  assert.deepEqual(await faultsOf('reads-on-import.js'), [])
})

test('checkPlugin waits for what closes after the stop', async () => {
  assert.deepEqual(await faultsOf('closes-slowly.js'), [])
})

test('checkPlugin takes a file URL, as one or as a string, and the demanded options', async () => {
  const url = pathToFileURL(join(dir, 'demands-an-option.js'))
  await checkPlugin(url, { args: ['--name', 'you'] })
  await checkPlugin(url.href, { args: { name: 'you' } })
})

test('checkPlugin leaves nothing in the process of the test', async () => {
  const server = createServer()
  const before = process.getActiveResourcesInfo()
  await checkPlugin(join(dir, 'commonjs.cjs'))
  assert.deepEqual(process.getActiveResourcesInfo(), before)
  server.close()
})
