import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { daemon, gone, isAlive, runner } from '../helpers/runner.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom, marked } from '../helpers/workers.ts'

/** What makes a worker loop for ever when it is sent SIGWINCH. */
const LOOPS = "process.on('SIGWINCH', () => { log.msg('loops'); for (;;); })"

const skip = process.getuid?.() === 0 ? false : 'needs root'

for (const [whose, own] of [
  ['', []],
  [' of another user', ['--uid', 'nobody']],
] as const) {
  test(`workers${whose} that loop or are halted when the first process is killed are ended by the next start`, {
    skip: own.length > 0 && skip,
  }, async (t) => {
    const { cwd, env, processes } = marked(t)
    chmodSync(cwd, 0o755)
    writePlugin(cwd, { inMakeService: LOOPS })
    const port = await freePort()
    const words = ['--workers', '3', ...own, 'told', '--port', String(port)]
    const { pid, log, logfile } = await daemon(t, words, { cwd, env })
    const [halted = 0, looping = 0, sound = 0] = processes()
      .filter((each) => each !== pid)
      .sort((a, b) => a - b)
    process.kill(halted, 'SIGSTOP')
    process.kill(looping, 'SIGWINCH')
    await waitFor(logfile, () => (/loops/.test(log()) ? true : undefined))
    process.kill(pid, 'SIGKILL')
    await gone(sound)
    assert.ok(isAlive(halted) && isAlive(looping))
    const { status, stderr } = await runner(words, { cwd, env })
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.ok(!isAlive(halted) && !isAlive(looping))
    assert.match(await fetchFrom(port), /^hello from/)
    for (const each of [halted, looping]) {
      assert.ok(log().includes(`Ended by SIGKILL: pid ${each}, which a killed daemon had left`))
    }
  })
}
