import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificate } from '../helpers/certificate.ts'
import { freePort } from '../helpers/free-port.ts'
import { Load, lasting, page, poem } from '../helpers/load.ts'
import { fixtures } from '../helpers/paths.ts'
import { reload, running } from '../helpers/reloadable.ts'
import { daemon, foreground } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { endAll, processesWith } from './conformance/processes.ts'

/** The bench does more of them. */
const RELOADS = 5

for (const how of ['a daemon', 'the foreground', 'two workers'] as const) {
  test(`${how}: no client loses anything in ${RELOADS} reloads, of any kind`, async (t) => {
    const cwd = tempDir(t)
    const mark = `RELOAD_TEST=${cwd}`
    t.after(() => endAll(() => processesWith(mark)))
    const tls = certificate()
    const [first, second, third] = [await freePort(), await freePort(), await freePort()]
    const args = ['served', '--poem', String(first), '--http', String(second)]
    if (tls !== undefined) {
      writeFileSync(join(cwd, 'key'), tls.key)
      writeFileSync(join(cwd, 'cert'), tls.cert)
      args.push('--https', String(third), '--key', 'key', '--cert', 'cert')
    }
    const options = {
      cwd,
      env: { RUNNER_PLUGIN_PATH: join(fixtures, 'served'), RELOAD_TEST: cwd },
    }
    if (how === 'a daemon') await daemon(t, args, options)
    else if (how === 'two workers') await daemon(t, ['--workers', '2', ...args], options)
    else await foreground(t, args, options).line(/answer starting/)
    await running(cwd)

    const load = new Load()
    load.add('a poem each', 4, poem(first, 3003))
    const [once, endOnce] = page({ port: second }, 500, false)
    load.add('a connection per request', 2, once, { end: endOnce })
    const [kept, endKept] = page({ port: second }, 500)
    load.add('keep-alive', 4, kept, { end: endKept })
    const [slow, endSlow] = page({ port: second, path: '/slow' }, 500)
    load.add('3 s each', 2, slow, { end: endSlow })
    const [long, leave] = lasting(second)
    load.add('lasting', 2, long, { leave })
    if (tls !== undefined) {
      const [secret, endSecret] = page({ port: third, ca: tls.cert }, 500)
      load.add('TLS, keep-alive', 2, secret, { end: endSecret })
    }
    for (let n = 0; n < RELOADS; n += 1) {
      assert.equal((await reload(cwd)).generation, n + 2)
    }
    for (const [kind, { answered, lost }] of Object.entries(await load.stop())) {
      t.diagnostic(`${kind}: ${answered}`)
      assert.deepEqual(lost, {}, kind)
      assert.ok(answered > 0, kind)
    }
  })
}
