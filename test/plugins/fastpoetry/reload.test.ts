import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { it } from 'node:test'
import { fetchAll } from '../../helpers/fetch-all.ts'
import { freePort } from '../../helpers/free-port.ts'
import { ecstasy, ourPlugins } from '../../helpers/paths.ts'
import { reload } from '../../helpers/reloadable.ts'
import { daemon } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { poemOf } from '../crowd.ts'

it('fastpoetry is reloaded with a new poem, and everybody gets a whole one', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const [old, next] = [Buffer.alloc(5_000_000, readFileSync(ecstasy)), Buffer.from('A Fever')]
  writeFileSync(join(cwd, 'poem.txt'), old)
  const args = ['fastpoetry', '-p', String(port), '--poem', 'poem.txt']
  const { pid } = await daemon(t, args, { cwd, env: { RUNNER_PLUGIN_PATH: ourPlugins } })
  // One who reads slowly is in the middle of it when the reload comes.
  const slow = connect(port, '127.0.0.1')
  t.after(() => slow.destroy())
  await once(slow, 'readable')
  writeFileSync(join(cwd, 'poem.txt'), next)
  let isOver = false
  const reloaded = reload(cwd).finally(() => {
    isOver = true
  })
  let news = 0
  let slowPoem: Promise<Buffer> | undefined
  while (!isOver || news < 20) {
    const poems = await Promise.all(Array.from({ length: 5 }, () => fetchAll(port)))
    for (const poem of poems) {
      if (poem.equals(next)) news += 1
      else assert.ok(poem.equals(old))
    }
    // The old process ends when this one has all of its poem.
    if (news > 0) slowPoem ??= poemOf(slow)
  }
  assert.ok((await slowPoem)?.equals(old))
  assert.notEqual((await reloaded).pid, pid)
})
