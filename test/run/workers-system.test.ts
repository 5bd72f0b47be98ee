import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../helpers/control.ts'
import { lowPort } from '../helpers/free-port.ts'
import { kill } from '../helpers/kill.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { runnerBin } from '../helpers/paths.ts'
import { reload, writePlugin } from '../helpers/reloadable.ts'
import { cleanEnv, daemon, gone, runner } from '../helpers/runner.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom, marked, withWorkers } from '../helpers/workers.ts'
import { statusField } from './conformance/processes.ts'

const NOBODY = 65534
const isRoot = process.getuid?.() === 0
const skip = noOtherUser

const uidOf = (pid: number): number => Number(statusField(pid, 'Uid').split(/\s+/)[0])

test('privileges are shed by all, and low ports are there for those that come later', {
  skip,
}, async (t) => {
  const { cwd, env } = marked(t)
  // The directory is root's: the new user can write none of the files in it.
  chmodSync(cwd, 0o755)
  writePlugin(cwd)
  const port = await lowPort()
  const words = ['--uid', 'nobody', '--workers', '2', 'told', '--port', String(port)]
  const { pid, logfile, pidfile, log } = await daemon(t, words, { cwd, env })
  const workers = async (): Promise<number[]> => {
    const status = (await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json()
    return (status.workers ?? []).map((worker) => worker.pid)
  }
  const before = await workers()
  for (const each of [pid, ...before]) assert.equal(uidOf(each), NOBODY)
  const [first = 0] = before
  kill(first, 'SIGKILL')
  await gone(first)
  await waitFor(logfile, () => (/serves again/.test(log()) ? true : undefined))
  for (const each of await workers()) assert.equal(uidOf(each), NOBODY)
  writePlugin(cwd, { says: 'good evening' })
  assert.equal((await reload(cwd)).generation, 2)
  assert.match(await fetchFrom(port), /^good evening/)
  process.kill(pid, 'SIGTERM')
  await gone(pid)
  await waitFor(pidfile, () => (existsSync(pidfile) ? undefined : true))
  assert.match(log(), /\[-\] Server Shut Down\.\n$/)
})

test('the user that an application names itself is that of all', { skip }, async (t) => {
  const { cwd, env } = marked(t)
  chmodSync(cwd, 0o755)
  const port = await lowPort()
  const lines = `import { Application, TCPServer } from 'runnerd'
    export const application = new Application('own', ${NOBODY}, ${NOBODY})
    new TCPServer(${port}, (socket) => socket.end('own'), { interface: 'localhost' })
      .setServiceParent(application)`
  writeFileSync(join(cwd, 'own.tac.js'), lines)
  const { pid } = await daemon(t, ['--workers', '2', '--tac', 'own.tac.js'], { cwd, env })
  const { workers = [] } = (await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json()
  assert.equal(workers.length, 2)
  for (const each of [pid, ...workers.map((worker) => worker.pid)]) {
    assert.equal(uidOf(each), NOBODY)
  }
  assert.equal(await fetchFrom(port), 'own')
})

test('workers that may not change the log’s directory write on in what is rotated for them', {
  skip,
}, async (t) => {
  const { cwd, env } = marked(t)
  chmodSync(cwd, 0o755)
  const inMakeService = `process.on('SIGURG', () => {
    for (let i = 0; i < 2000; i += 1) log.msg(\`line \${process.title.at(-1)} \${i}.\`.padEnd(60, '.'))
    log.msg('written')
  })`
  writePlugin(cwd, { inMakeService })
  const words = ['-u', 'nobody', '--log-max-size', '50k', '--workers', '2', 'told']
  const { pid, logfile, stop } = await daemon(t, words, { cwd, env })
  const { workers = [] } = (await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json()
  for (const worker of workers) kill(worker.pid, 'SIGURG')
  const all = (): string => {
    let text = ''
    for (let number = 1; existsSync(`${logfile}.${number}`); number += 1) {
      text += readFileSync(`${logfile}.${number}`, 'utf8')
    }
    return text + readFileSync(logfile, 'utf8')
  }
  await waitFor(logfile, () => ([...all().matchAll(/written/g)].length === 2 ? true : undefined))
  await waitFor(logfile, () => (existsSync(`${logfile}.1`) ? true : undefined))
  await stop()
  const lines = [...all().matchAll(/line (\d) (\d+)\./g)].map(([, worker, i]) => `${worker} ${i}`)
  assert.equal(new Set(lines).size, 4000)
  assert.equal(lines.length, 4000)
  assert.doesNotMatch(all(), /cannot rotate/)
  assert.ok(pid > 0)
})

test('--workers auto is one for each processor that there is, at most', async (t) => {
  const { workers } = await withWorkers(t, {}, ['--workers', 'auto'])
  const { length } = await workers()
  assert.ok(length >= 1 && length <= availableParallelism(), `${length} workers`)
})

/** A control group whose processor can be limited, where this machine has them. */
function limitedGroup(): { dir: string; limit(): void } | undefined {
  const name = `runner-test-${process.pid}`
  const v1 = join('/sys/fs/cgroup/cpu', name)
  const v2 = join('/sys/fs/cgroup', name)
  try {
    if (existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) {
      mkdirSync(v1)
      return { dir: v1, limit: () => writeFileSync(join(v1, 'cpu.cfs_quota_us'), '50000') }
    }
    if (!readFileSync('/sys/fs/cgroup/cgroup.subtree_control', 'utf8').includes('cpu')) return
    mkdirSync(v2)
    return { dir: v2, limit: () => writeFileSync(join(v2, 'cpu.max'), '50000 100000') }
  } catch {
    return undefined
  }
}

test('--workers auto is one where the control group has half a processor', async (t) => {
  const group = isRoot ? limitedGroup() : undefined
  if (group === undefined) return t.skip('needs root and a control group for the processor')
  const { cwd, env, processes } = marked(t)
  t.after(() => waitFor(group.dir, () => (removed(group.dir) ? true : undefined)))
  group.limit()
  writePlugin(cwd)
  const enter = 'echo $$ > "$0"/cgroup.procs && exec "$@"'
  const words = [process.execPath, runnerBin, '--workers', 'auto', 'told']
  const child = spawn('/bin/sh', ['-c', enter, group.dir, ...words], {
    cwd,
    env: cleanEnv(cwd, env),
    stdio: 'inherit',
  })
  const [status] = await once(child, 'exit')
  assert.equal(status, 0)
  assert.equal(processes().length, 2)
  assert.equal((await runner(['stop'], { cwd, env })).status, 0)
})

function removed(dir: string): boolean {
  try {
    rmdirSync(dir)
    return true
  } catch {
    return !existsSync(dir)
  }
}
