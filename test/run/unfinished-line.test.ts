import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const PLUGIN = `import { defineServiceMaker, log, Service } from 'runnerd'
class Unfinished extends Service {
  startService() {
    process.stdout.write('begun')
    process.stderr.write('begun too')
    this.afterStart(() => log.msg('all up'))
    process.on('SIGIO', () => setImmediate(() => { throw new Error('nobody caught') }))
  }
  stopService() {
    process.stdout.write(', and ended')
  }
}
export const unfinished = defineServiceMaker({
  tapname: 'unfinished', description: 'u', makeService: () => new Unfinished(),
})
`

function project(t: TestContext): string {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(join(cwd, 'plugins', 'unfinished.mjs'), PLUGIN)
  return cwd
}

/** What is printed without a newline is whole in the log, before its last line. */
function check(log: string): void {
  assert.match(log, /^\S+ \[stdout#info\] begun, and ended\n/m)
  assert.match(log, /^\S+ \[stderr#error\] begun too\n/m)
  assert.match(log, /\[-\] Server Shut Down\.\n$/)
}

test('what a daemon printed without a newline is in its log when it is stopped', async (t) => {
  for (const end of ['SIGTERM', 'runner stop']) {
    const cwd = project(t)
    const { stop, log } = await daemon(t, ['unfinished'], { cwd })
    if (end === 'SIGTERM') await stop()
    else assert.equal((await runner(['stop'], { cwd })).status, 0)
    check(log())
  }
})

for (const signal of ['SIGTERM', 'SIGIO'] as const) {
  const how = signal === 'SIGIO' ? 'an error that nobody caught' : 'a signal'
  test(`what a run in the foreground printed without a newline comes before ${how} ends it`, async (t) => {
    const running = foreground(t, ['unfinished'], { cwd: project(t) })
    await running.line(/ all up\n/)
    running.child.kill(signal)
    check((await running.ended).stdout)
  })
}
