import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { type Running, startRunner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

/** Starts `runner ARGS` and waits until all is up. */
async function running(
  t: TestContext,
  args: string[],
  more: NodeJS.ProcessEnv = {},
): Promise<Running & { cwd: string }> {
  const cwd = tempDir(t)
  const started = startRunner(args, { cwd, env: { ...env, ...more } })
  t.after(async () => {
    started.child.kill('SIGKILL')
    await started.ended
  })
  await started.line(/\[-\] all up\n/)
  return { ...started, cwd }
}

/** Where the inspector said that it listens, and what answers there. */
async function targetOf({
  stderr,
  cwd,
}: Running & { cwd: string }): Promise<{ address: string; url: string }> {
  const printed = () => /^Debugger listening on (ws:\S+)\n/m.exec(stderr())?.[1]
  const address = await waitFor(cwd, printed)
  assert.match(address, /^ws:\/\/127\.0\.0\.1:\d+\/[-0-9a-f]+$/)
  const { host } = new URL(address)
  const [target] = (await (await fetch(`http://${host}/json/list`)).json()) as [
    { webSocketDebuggerUrl: string },
  ]
  return { address, url: target.webSocketDebuggerUrl }
}

for (const [how, args, more] of [
  ['--debug', ['--debug', 'probe'], {}],
  ['-b', ['-b', 'probe'], {}],
  ['RUNNER_DEBUG', ['probe'], { RUNNER_DEBUG: '1' }],
] as const) {
  test(`${how} stays in the foreground, with the inspector open on the loopback`, async (t) => {
    const debugged = await running(t, [...args], more)
    const { address, url } = await targetOf(debugged)
    assert.equal(url, address)
    assert.ok(!existsSync(join(debugged.cwd, 'runner.log')))
    debugged.child.kill('SIGTERM')
    const { signal, stdout } = await debugged.ended
    assert.equal(signal, 'SIGTERM')
    assert.match(stdout, /Server Shut Down\.\n$/)
  })
}

test('a second debugged run takes another port', async (t) => {
  const one = await targetOf(await running(t, ['-b', 'probe']))
  const other = await targetOf(await running(t, ['-b', 'probe']))
  assert.notEqual(one.address, other.address)
  assert.equal(other.url, other.address)
})
