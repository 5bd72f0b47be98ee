import assert from 'node:assert/strict'
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { pidIn, reload, running } from '../../helpers/reloadable.ts'
import { daemon, foreground, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

function withFiles(t: TestContext) {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'pub'))
  writeFileSync(join(cwd, 'pub', 'poem.txt'), 'a poem\n')
  return { cwd, env: { RUNNER_PLUGIN_PATH: ourPlugins } }
}

test('runner --nodaemon ftp --port N serves the directory it was started in, and stops', async (t) => {
  const options = withFiles(t)
  const port = await freePort()
  const run = foreground(t, ['ftp', '--port', String(port)], options)
  await running(options.cwd)
  const talk = await FTPTalk.login(port)
  const { data } = await talk.fetch('RETR pub/poem.txt')
  assert.equal(String(data), 'a poem\r\n')
  await run.line(/\[ftp\] anonymous@127\.0\.0\.1 RETR \/pub\/poem\.txt: 8 bytes in \d+\.\d\d s\n/)
  run.child.kill('SIGTERM')
  assert.equal(await talk.reply(), '421 Service closing control connection.')
  const { status, signal, stderr } = await run.ended
  assert.deepEqual([status, signal, stderr], [null, 'SIGTERM', ''])
})

test('a root that is not there, and one that is no directory, end the start with 66', async (t) => {
  const options = withFiles(t)
  const args = ['--nodaemon', 'ftp', '--port', '0', '--root']
  const missing = await runner([...args, 'none'], options)
  assert.equal(missing.status, 66)
  assert.match(missing.stderr, /^runner: cannot .*none/)
  const file = await runner([...args, 'pub/poem.txt'], options)
  assert.equal(file.status, 66)
})

test('a reload lets a transfer finish, and new sessions meet the new process', async (t) => {
  const options = withFiles(t)
  const { cwd } = options
  const huge = join(cwd, 'pub', 'huge')
  writeFileSync(huge, '')
  truncateSync(huge, 2 ** 26)
  const port = await freePort()
  const { pid } = await daemon(t, ['ftp', '--port', String(port), '--root', 'pub'], options)
  await running(cwd)
  const old = await FTPTalk.login(port)
  t.after(() => old.close())
  await old.say('TYPE I')
  const data = await old.data()
  assert.match(await old.say('RETR huge'), /^150 /)
  assert.notEqual((await reload(cwd)).pid, pid)
  const young = await FTPTalk.login(port)
  assert.equal((await young.fetch('RETR poem.txt')).replies[1], '226 Transfer complete.')
  young.close()
  let length = 0
  for await (const chunk of data) length += chunk.length
  assert.equal(length, 2 ** 26)
  assert.match(await old.reply(), /^226 /)
  // It may go on as it likes, and is sent away when it has nothing to do.
  assert.equal((await old.fetch('RETR poem.txt')).replies[1], '226 Transfer complete.')
  assert.equal(await old.reply(), '421 Service closing control connection.')
  assert.ok(existsSync(join(cwd, 'runner.pid')) && pidIn(cwd) !== pid)
})
