import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { successorOf } from '../../helpers/reloadable.ts'
import { daemon, gone, runner } from '../../helpers/runner.ts'
import { until } from '../../helpers/until.ts'
import { debugged, env, HOLD, IS_GONE, lineOf, withUsers } from './served.ts'
import { A_TERMINAL, TelnetClient } from './telnet-client.ts'

test('who logs in has lines, or a terminal with echo, editing, history and completion', async (t) => {
  const { port } = await debugged(t)
  const plain = await TelnetClient.logIn(t, port)
  plain.send('1 + 1\n')
  assert.equal(await plain.shows('2\r\n'), '', 'no echo, and no prompt')

  const client = await TelnetClient.logIn(t, port, 'terminal')
  await client.shows('> ')
  client.send('40 + 3')
  await client.shows('40 + 3')
  client.send('\x7f', '2\r\0')
  await client.shows('42\r\n')
  client.send('\x1b[A')
  await client.shows('40 + 2')
  client.send('\x03')
  await client.shows('> ')
  client.send('services.passw', '\t')
  await client.shows('passw')
  await client.shows('ords')
  client.send('.running\r\0')
  await client.shows('true\r\n')
  client.send('await new Promise((done) => setTimeout(done, 10, "la" + "te"))\r\0')
  await client.shows("'late'")
  client.send('"gr', 'üße "+ "there"\r\0')
  await client.shows(Buffer.from("'grüße there'").toString('latin1'))
  client.send('.exit\r\0')
  await client.rest()

  const again = await TelnetClient.logIn(t, port, 'terminal')
  await again.shows('> ')
  again.send('\x1b[A')
  await again.shows('.exit')
})

test('neither a wrong name nor a wrong password gets in, and no password is shown', async (t) => {
  const { port, line, log } = await debugged(t, '--login-tries', '2')
  const client = await TelnetClient.connect(t, port)
  client.send(...A_TERMINAL)
  for (const name of ['anna', 'nobody\x1b[31m']) {
    await client.shows('Username: ')
    client.send(`${name}\r\n`)
    await client.shows('Password: ')
    client.send('ti', 'x\x7f', 'iger\r\n')
    const shown = await client.shows('Authentication failed')
    assert.doesNotMatch(shown, /ti|iger|\*/)
  }
  await client.rest()
  await line(/\[Telnet\] login of "anna" from 127\.0\.0\.1:\d+ failed: wrong name or password$/m)
  await line(/login of "nobody.*" from .* failed: wrong name or password$/m)
  await line(/\[Telnet\] 127\.0\.0\.1:\d+ hung up on: 2 logins failed$/m)
  assert.doesNotMatch(log(), /tiger|tiiger|logged in/)
  assert.ok(!log().includes('\x1b'))
})

test('who does not log in within --login-timeout is hung up on, whatever is said', async (t) => {
  const { port, line } = await debugged(t, '--login-timeout', '0.5')
  const all = [[], ['anna\r\n'], [255, 250, 24], [...A_TERMINAL, 'x\x7f']]
  await Promise.all(
    all.map(async (said) => {
      const client = await TelnetClient.connect(t, port)
      client.send(...said)
      assert.match(await client.rest(), /\*\*\* No login in time\r\n$/)
    }),
  )
  await line(/hung up on: no login in 0\.5 seconds/)
  // On a machine that is busy it may take longer than that to log in, too.
  const inside = await until('a login in time', () =>
    TelnetClient.logIn(t, port, 'terminal').catch(() => undefined),
  )
  inside.send('await new Promise((done) => setTimeout(done, 600)); "still here"\r\0')
  await inside.shows("'still here'")
})

test('errors of a session are shown in it, whenever they come, and the daemon goes on', async (t) => {
  const { port, line, log } = await debugged(t)
  const client = await TelnetClient.logIn(t, port)
  const other = await TelnetClient.logIn(t, port)
  const errors = [
    'throw new Error("E-now")',
    'setTimeout(() => { throw new Error("E-timer") }, 1)',
    'Promise.reject(new Error("E-promise"))',
    'queueMicrotask(() => { throw new Error("E-microtask") })',
    'process.nextTick(() => { throw new Error("E-tick") })',
    'require("net").connect(1).on("error", (error) => { throw new Error("E-event") })',
    'require("fs").createReadStream("/E-stream")',
    'await Promise.reject(new Error("E-await"))',
    'new Map(null).E-syntax(',
  ]
  for (const typed of errors.slice(0, -1)) {
    client.send(`${typed}\n`)
    await client.shows('Uncaught')
    await client.shows(/E-\w+/.exec(typed)?.[0] as string)
  }
  client.send('console.log("still", "here")\n')
  await client.shows('still here\r\n')

  client.send('setTimeout(() => { throw new Error("E-later") }, 300)\n')
  client.send('setTimeout(() => console.log("said later"), 350)\n.exit\n')
  await client.rest()
  await line(/from the session of anna at \S+, which is over: Uncaught Error: E-later/)
  await line(/from the session of anna at \S+, which is over: said later$/m)
  other.send('1 + 1\n')
  assert.equal(await other.shows('2\r\n'), '', "another's errors are not shown here")
  assert.doesNotMatch(log(), /Unhandled|E-timer/)
})

const SITE = (port: number, web: number): string => `
  import { makeTelnet } from '@runnerd/telnet'
  import { Application, MultiService, Service, TCPServer } from 'runnerd'
  export const application = new Application('site')
  const secret = { answer: 42 }
  const group = new MultiService()
  group.setName('group')
  group.setServiceParent(application)
  const web = new TCPServer(${web}, (socket) => socket.end('hello'), { interface: 'localhost' })
  web.setName('web')
  web.setServiceParent(group)
  class Fragile extends Service {
    startService() {
      super.startService()
      if (globalThis.isBroken) setTimeout(() => { throw new Error('of the service') }, 1)
    }
  }
  for (const _ of [1, 2]) new Fragile().setServiceParent(application)
  const settings = { port: ${port}, passwordFile: 'users' }
  const telnet = await makeTelnet(settings, { secret, breakIt: () => { globalThis.isBroken = true } })
  telnet.setServiceParent(application)
`

test('a session has the services by name, and starts and stops single ones', async (t) => {
  const cwd = withUsers(t)
  const [port, web] = [await freePort(), await freePort()]
  writeFileSync(join(cwd, 'site.mjs'), SITE(port, web))
  linkModules(cwd)
  const started = await daemon(t, ['-y', 'site.mjs'], { cwd })
  const line = lineOf(started)
  const client = await TelnetClient.logIn(t, port)
  const ask = async (typed: string, answer: string): Promise<string> => {
    client.send(`${typed}\n`)
    return await client.shows(answer)
  }
  await ask('secret', '{ answer: 42 }\r\n')
  await ask('app.name', "'site'\r\n")
  await ask('Object.keys(services).join(" ")', 'web')
  const tree = await ask('services', 'password file: users')
  assert.match(tree, /^site +running\r\n {2}group +running\r\n {4}web +running {2}tcp 127/m)
  assert.match(tree, /Fragile#1 +running\r\n {2}Fragile#2 +running\r\n/)
  await ask(
    'services.web === services["group/web"] && services.web.parent === services.group',
    'true',
  )
  await ask('await stop("web")', "'group/web has stopped'\r\n")
  assert.equal(await reaches(web), false)
  assert.match(await ask('.services', 'password file: users'), /web +stopped/)
  await ask('.stop web', "group/web doesn't run\r\n")
  await ask('.start web', 'group/web has started\r\n')
  assert.equal(await reaches(web), true)
  await ask('await start(services.web)', "'group/web runs already'\r\n")
  await ask('.stop nothing', 'There is no service "nothing": services has all of them\r\n')
  await ask('log.msg("from the shell")', 'undefined')
  await line(/\[-\] from the shell$/m)
  await line(/\[Telnet\] anna from 127\.0\.0\.1:\d+ stops group\/web$/m)

  // What start has started is not the session's.
  await ask('breakIt(); await stop("Fragile#1"); await start("Fragile#1")', 'has started')
  await gone(started.pid)
  assert.match(started.log(), /Unhandled error\n\tError: of the service/)
})

function linkModules(cwd: string): void {
  const { status, stderr } = spawnSync('sh', [
    '-c',
    'mkdir -p "$1/node_modules/@runnerd" && ln -s "$2/telnet" "$1/node_modules/@runnerd/telnet" && ln -s "$2/../packages/runner" "$1/node_modules/runnerd"',
    'sh',
    cwd,
    ourPlugins,
  ])
  assert.equal(status, 0, String(stderr))
}

async function reaches(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

test('process.exit() ends the daemon, and app.stopService() stops it in order', async (t) => {
  for (const [typed, last] of [
    ['process.exit()', /logged in from/],
    ['app.stopService()', /Server Shut Down\.\n?$/],
  ] as const) {
    const { port, pid, log, pidfile } = await debugged(t)
    const client = await TelnetClient.logIn(t, port)
    client.send(`${typed}\n`)
    await gone(pid)
    await client.rest()
    assert.match(log(), last)
    const { status } = spawnSync('test', ['-e', pidfile])
    assert.equal(status, 1, 'the pid file is gone')
  }
})

test('^C ends a wait, and SIGINT stops the daemon though one waits', async (t) => {
  const { port, pid, log } = await debugged(t)
  const client = await TelnetClient.logIn(t, port, 'terminal')
  await client.shows('> ')
  for (const key of ['\x03', Buffer.of(255, 244)]) {
    client.send('await new Promise((done) => { console.log("wa" + "its") })\r\0')
    await client.shows('waits')
    client.socket.write(key)
    await client.shows('ERR_SCRIPT_EXECUTION_INTERRUPTED')
    await client.shows('> ')
  }
  client.send('"as " + "ever"\r\0')
  await client.shows("'as ever'")
  client.send('await new Promise((done) => { console.log("wa" + "its") })\r\0')
  await client.shows('waits')
  process.kill(pid, 'SIGINT')
  assert.match(await client.rest(), /\*\*\* The service stops: goodbye\r\n$/)
  await gone(pid)
  assert.match(log(), /Received SIGINT, shutting down\.[\s\S]*Server Shut Down\.\n?$/)
})

test('^Z does nothing: it is not for one session to stop the process', async (t) => {
  const { port } = await debugged(t)
  const client = await TelnetClient.logIn(t, port, 'terminal')
  await client.shows('> ')
  const listeners = async (): Promise<string> => {
    client.send('"they are " + process.listenerCount("SIGCONT") + "!"\r\0')
    await client.shows("'they are ")
    return await client.shows('!')
  }
  // Who would stop the process waits for it to go on.
  const before = await listeners()
  client.send('\x1a')
  assert.equal(await listeners(), before)
})

test('a session that is over leaves nothing of what it had', async (t) => {
  const { port } = await debugged(t)
  for (const way of [undefined, 'terminal'] as const) {
    const client = await TelnetClient.logIn(t, port, way)
    client.send(`${HOLD}\r\0`)
    await client.shows('[ {} ]')
    client.send('.exit\r\0')
    await client.rest()
    const after = await TelnetClient.logIn(t, port)
    after.send(`${IS_GONE}\n`)
    await after.shows("'it is ")
    assert.equal(await after.shows("'"), 'gone')
  }
})

test('a stop of the one service that has a session says so', async (t) => {
  const { port } = await debugged(t)
  const client = await TelnetClient.logIn(t, port)
  client.send('.stop telnet\n')
  assert.match(await client.rest(), /\*\*\* The service stops: goodbye\r\n$/)
})

test('a line that runs takes SIGINT from nobody', async (t) => {
  const { port, pid, log } = await debugged(t)
  const client = await TelnetClient.logIn(t, port)
  client.send('process.kill(process.pid, "SIGINT"); const end = Date.now() + 300\n')
  client.send('while (Date.now() < end); "done"\n')
  await client.rest()
  await gone(pid)
  assert.match(log(), /Received SIGINT, shutting down\.[\s\S]*Server Shut Down\.\n?$/)
})

test('a reload tells the sessions and keeps them, and hangs up on who is not logged in', async (t) => {
  const { port, cwd, pid } = await debugged(t)
  const inside = await TelnetClient.logIn(t, port, 'terminal')
  await inside.shows('> ')
  const outside = await TelnetClient.connect(t, port)
  await outside.shows('Username: ')
  const { status, stderr } = await runner(['reload'], { cwd, env })
  assert.deepEqual([status, stderr], [0, ''])
  const successor = await successorOf(cwd, pid)
  t.after(async () => {
    process.kill(successor, 'SIGTERM')
    await gone(successor)
  })
  await outside.shows('*** Another process serves from now on: connect again\r\n')
  await inside.shows('*** A new process serves from now on')
  await inside.shows('> ')
  inside.send('process.pid\r\0')
  await inside.shows(`${pid}`)
  const next = await TelnetClient.logIn(t, port)
  next.send('process.pid\n')
  await next.shows(`${successor}`)
  inside.send('.exit\r\0')
  await inside.rest()
  await gone(pid)
})

test('--drain-timeout ends a session that stays after a reload', async (t) => {
  const cwd = withUsers(t)
  const port = await freePort()
  const words = ['--drain-timeout', '0.5', 'telnet', '--port', String(port)]
  const { pid } = await daemon(t, [...words, '--password-file', 'users'], { cwd, env })
  const client = await TelnetClient.logIn(t, port, 'terminal')
  const { status } = await runner(['reload'], { cwd, env })
  assert.equal(status, 0)
  const successor = await successorOf(cwd, pid)
  t.after(async () => {
    process.kill(successor, 'SIGTERM')
    await gone(successor)
  })
  assert.match(await client.rest(), /\*\*\* The service stops: goodbye\r\n$/)
  await gone(pid)
})
