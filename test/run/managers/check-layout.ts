import assert from 'node:assert/strict'
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fetchAll } from '../../helpers/fetch-all.ts'
import { freePort } from '../../helpers/free-port.ts'
import { daemon, foreground, type Running, type RunOptions, runner } from '../../helpers/runner.ts'
import { description, every, type Greeter, greeters, type Version } from './greeters.ts'
import type { Workbench } from './workbench.ts'

/** One way of having runner and greeters installed. */
export interface Layout {
  readonly bench: Workbench
  /** The installed command. */
  readonly command: readonly string[]
  /** Where it is run. */
  readonly cwd: string
  /** The greeters that are to be found there; all of them if left out. */
  readonly tapnames?: readonly Greeter[]
  /** What to put into the environment. */
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Holds what is promised of every layout: each greeter is listed once, and
 * without a word on stderr; a second list imports none; help and service work, as
 * a daemon and in the foreground; another version is seen at the next list.
 *
 * @param install puts the greeters of a version in place of the others
 * @param elsewhere other ways to run what is installed; only their lists are looked at
 */
export async function checkLayout(
  t: TestContext,
  layout: Layout,
  install: (version: Version) => Promise<unknown>,
  elsewhere: readonly Layout[] = [],
): Promise<void> {
  const [first = 'hello', second = first] = tapnamesOf(layout)
  await checkLists(layout, '1.0.0')
  await checkHelp(layout, first)
  await checkDaemon(t, layout, first)
  await checkForeground(t, layout, second)
  for (const other of elsewhere) await checkList(other, '1.0.0')
  for (const version of ['1.1.0', '1.0.0'] as const) {
    await install(version)
    for (const each of [layout, ...elsewhere]) await checkList(each, version)
  }
}

/** The list, which is new or changed, and again, when no greeter may be imported. */
async function checkLists(layout: Layout, version: Version): Promise<void> {
  const canary = layout.bench.at('canary')
  rmSync(canary, { force: true })
  const noted = { ...layout, env: { ...layout.env, CANARY: canary } }
  await checkList(noted, version)
  assert.deepEqual(linesOf(canary).sort(), [...tapnamesOf(layout)].sort(), 'imported for a list')
  rmSync(canary)
  await checkList(noted, version)
  assert.deepEqual(linesOf(canary), [], 'imported for a second list')
}

/** The list has each greeter once, in that version, and nothing else. */
export async function checkList(layout: Layout, version: Version): Promise<void> {
  const { status, stdout, stderr } = await runner([], optionsOf(layout))
  const rows = tapnamesOf(layout).map((tapname) => [tapname, description(tapname, version)])
  assert.deepEqual({ status, stderr, rows: rowsOf(stdout) }, { status: 0, stderr: '', rows })
}

/** The plugins of a list, each its name and the text beside it. */
export function rowsOf(list: string): string[][] {
  const table = /^Plugins:(?: none found\.)?\n(.*)/ms.exec(list)?.[1]
  assert.notEqual(table, undefined, `no plugins in:\n${list}`)
  const rows = [...(table as string).matchAll(/^ {4}(\S+) +(.*(?:\n {17,}.*)*)\n/gm)]
  return rows.map(([, tapname = '', text = '']) => [tapname, text.replace(/\s+/g, ' ')])
}

async function checkHelp(layout: Layout, tapname: Greeter): Promise<void> {
  const { status, stdout, stderr } = await runner([tapname, '--help'], optionsOf(layout))
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  assert.match(stdout, new RegExp(`^Usage: runner \\[options\\] ${tapname} \\[options\\]\n`))
  assert.match(stdout, /^ +--port +Where to greet\. +\[number\] \[required\]$/m)
}

async function checkDaemon(t: TestContext, layout: Layout, tapname: Greeter): Promise<void> {
  const port = await freePort()
  const running = await daemon(t, [tapname, '--port', `${port}`], optionsOf(layout))
  assert.equal(running.ended.stderr, '')
  assert.equal(String(await fetchAll(port)), greeting(tapname))
  await running.stop()
  assert.match(running.log(), /\] greeting 2 worlds\n/)
  assert.match(running.log(), /\] Server Shut Down\.\n$/)
  rmSync(running.logfile)
}

async function checkForeground(t: TestContext, layout: Layout, tapname: Greeter): Promise<void> {
  const port = await freePort()
  const pidfile = layout.bench.at('foreground.pid')
  const args = ['--pidfile', pidfile, tapname, '--port', `${port}`]
  // The command may be that of a manager, which has runner for a child.
  const stop = (): void => {
    if (existsSync(pidfile)) process.kill(Number(readFileSync(pidfile, 'utf8')), 'SIGTERM')
  }
  t.after(stop)
  const running = foreground(t, args, optionsOf(layout))
  await running.line(/Starting factory/)
  assert.equal(String(await fetchSoon(port, running)), greeting(tapname))
  await running.line(/\] greeting 2 worlds\n/)
  stop()
  const { stdout, stderr } = await running.ended
  assert.match(stdout, /\] Server Shut Down\.\n$/)
  assert.equal(stderr, '')
}

/** In the foreground nothing says that a port, which is bound, now answers. */
async function fetchSoon(port: number, { ended }: Running): Promise<Buffer> {
  let running = true
  void ended.then(() => {
    running = false
  })
  for (;;) {
    try {
      return await fetchAll(port)
    } catch (error) {
      if (!running || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      await setTimeout(10)
    }
  }
}

/** What a greeter sends; its own dependency is in it. */
function greeting(tapname: Greeter, version: Version = '1.0.0'): string {
  return `${description(tapname, version)} Found 2 worlds.\n`
}

/** The greeters of a `node_modules` import the one runnerd that is in it. */
export function checkOneDoor(nodeModules: string, tapnames: readonly Greeter[] = every): void {
  const door = join(realpathSync(join(nodeModules, 'runnerd')), 'package.json')
  for (const tapname of tapnames) {
    const manifest = realpathSync(join(nodeModules, greeters[tapname].name, 'package.json'))
    assert.equal(createRequire(manifest).resolve('runnerd/package.json'), door, tapname)
  }
}

export function optionsOf({ bench, command, cwd, env }: Layout): RunOptions {
  return { cwd, command, env: { ...bench.env, ...env } }
}

function tapnamesOf({ tapnames }: Layout): readonly Greeter[] {
  return tapnames ?? every
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}
