import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from '../../helpers/control.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { noOtherUser } from '../../helpers/other-user.ts'
import { reload } from '../../helpers/reloadable.ts'
import { gone, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { Client, env, me, ports, type Served, serve, talk } from './serving.ts'

const skip = process.getuid?.() === 0 ? false : 'needs root'

/** The words of a line, of which only the last may have spaces: they are `$IFS` of the shell. */
function shell(script: string): string {
  return `/bin/sh sh -c ${script.replaceAll(' ', `\${IFS}`)}`
}

test('a program has the connection for itself: not a byte is lost, in either direction', async (t) => {
  const [port] = (await ports(1)) as [number]
  await serve(t, [`${port} stream tcp nowait ${me} /bin/cat`])
  const texts = Array.from({ length: 30 }, (_, n) => `${n} `.repeat(n % 10 === 0 ? 300_000 : 3))
  // What is sent before the connection was accepted is the program's too.
  const answers = await Promise.all(
    texts.map(async (text) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.end(text)
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      return String(Buffer.concat(chunks))
    }),
  )
  assert.ok(answers.every((answer, n) => answer === texts[n]))
})

test('its three descriptors are the connection, and block; no others of runner are open', async (t) => {
  const [port] = (await ports(1)) as [number]
  const script = join(tempDir(t), 'look.sh')
  writeFileSync(
    script,
    `echo "$0 $*"; pwd
    for n in 0 1 2; do readlink /proc/$$/fd/$n; grep flags /proc/$$/fdinfo/$n; done
    ls -l /proc/$$/fd | grep -c -e socket: -e eventpoll -e eventfd; echo err >&2`,
  )
  await serve(t, [`${port} stream tcp nowait ${me} /bin/sh my-name ${script} -a b`])
  const lines = (await talk(t, port)).split('\n')
  assert.deepEqual(lines.slice(0, 2), [`${script} -a b`, '/'])
  const [socket] = lines.slice(2, 3)
  assert.match(socket ?? '', /^socket:/)
  assert.deepEqual([lines[4], lines[6]], [socket, socket])
  // O_NONBLOCK is 04000.
  for (const flags of [lines[3], lines[5], lines[7]]) {
    assert.equal(Number.parseInt((flags ?? '').split(/\s+/)[1] ?? '', 8) & 0o4000, 0)
  }
  assert.deepEqual(lines.slice(8), ['3', 'err', ''])
})

test('its name for itself is as the line has it, and its environment is clean', async (t) => {
  const [clean, all] = (await ports(2)) as [number, number]
  const lines = [
    `${clean} stream tcp nowait ${me} /usr/bin/env`,
    `${all} stream tcp nowait ${me} /bin/sh -sh -c echo\${IFS}$0`,
  ]
  await serve(t, lines)
  const text = await talk(t, clean)
  const names = text.split('\n').map((line) => line.split('=')[0])
  const expected = ['HOME', 'PATH', 'PROTO', 'SHELL', 'TCPLOCALIP', 'TCPLOCALPORT', 'TCPREMOTEIP']
  for (const name of expected) assert.ok(names.includes(name), name)
  const known = [...expected, 'TCPREMOTEPORT', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TZ', '']
  const strange = names.filter((name) => !known.includes(name ?? '') && !name?.startsWith('LC_'))
  assert.deepEqual(strange, [])
  assert.match(text, /^PATH=\/usr\/local\/sbin:/m)
  assert.match(text, new RegExp(`^TCPLOCALPORT=${clean}$`, 'm'))
  assert.equal(await talk(t, all), '-sh\n')
})

test("with --environment it has all of runner's but what is runner's own", async (t) => {
  const [port] = (await ports(1)) as [number]
  await serve(t, [`${port} stream tcp nowait ${me} /usr/bin/env`], ['--environment'])
  const text = await talk(t, port)
  assert.match(text, new RegExp(`^PATH=${process.env.PATH}$`, 'm'))
  assert.doesNotMatch(text, /^(RUNNER_|NOTIFY_SOCKET|LISTEN_)/m)
})

test('it runs as its user and group, without the groups of root', { skip }, async (t) => {
  const [user, group, number, root] = (await ports(4)) as [number, number, number, number]
  const look = shell('id -u; id -g; id -G; cat /proc/$$/status | grep -E ^[UG]id; echo $USER $HOME')
  await serve(t, [
    `${user} stream tcp nowait nobody ${look}`,
    `${group} stream tcp nowait nobody.daemon ${look}`,
    `${number} stream tcp nowait 4242:4343 ${look}`,
    `${root} stream tcp nowait root ${look}`,
  ])
  const ids = async (port: number): Promise<string[]> => (await talk(t, port)).trim().split('\n')
  const nobody = spawnSync('id', ['-g', 'nobody'], { encoding: 'utf8' }).stdout.trim()
  const four = (id: string): string => [id, id, id, id].join('\t')
  assert.deepEqual(await ids(user), [
    ...['65534', nobody, nobody, `Uid:\t${four('65534')}`, `Gid:\t${four(nobody)}`],
    'nobody /nonexistent',
  ])
  assert.deepEqual((await ids(group)).slice(0, 3), ['65534', '1', '1'])
  assert.deepEqual(await ids(number), [
    ...['4242', '4343', '4343', `Uid:\t${four('4242')}`, `Gid:\t${four('4343')}`],
    '/',
  ])
  assert.deepEqual((await ids(root)).slice(0, 2), ['0', '0'])
})

test('only root starts programs as others: that is said at the start, of every line', {
  skip: noOtherUser,
}, async (t) => {
  const cwd = tempDir(t)
  spawnSync('chmod', ['777', cwd])
  const [one, two, three] = await ports(3)
  writeFileSync(
    join(cwd, 'inetd.conf'),
    `127.0.0.1:
${one} stream tcp nowait root /bin/cat
${two} stream tcp nowait nobody /bin/cat
${three} stream tcp nowait nobody.daemon /bin/cat
`,
  )
  const shed = ['-n', '--uid', 'nobody', 'inetd', '-f', 'inetd.conf']
  const ended = await runner(shed, { cwd, env })
  assert.equal(
    ended.stderr,
    `runner: cannot use inetd.conf, line 2: only root runs it as the user 0, and this is 65534
hint: line 4: only root runs it as the group 1, and this is 65534
`,
  )
  assert.equal(ended.status, 77)
  const euid = await runner(['-n', '--uid', 'nobody', '--euid', 'inetd', '-f', 'inetd.conf'], {
    cwd,
    env,
  })
  assert.match(euid.stderr, /line 2: it would have a way back to root, with --euid; use --uid/)
  assert.equal(euid.status, 77)
})

test('after --uid it serves a port of root, as that user', { skip: noOtherUser }, async (t) => {
  const { lowPort } = await import('../../helpers/free-port.ts')
  const port = await lowPort()
  const lines = [`${port} stream tcp4 nowait nobody /usr/bin/id id -u`]
  await serve(t, lines, [], ['--uid', 'nobody'])
  assert.equal(await talk(t, port), '65534\n')
})

const python = hasCommand('python3') ? false : 'there is no python3'

/** Serves one client after the other, until one says so. */
const UNTIL_END = `import os, socket
server = socket.socket(fileno=0)
said = ""
while said != "end":
    client, _ = server.accept()
    said = client.recv(100).decode()
    client.sendall(b"%d" % os.getpid())
    client.close()
`

/** A `wait` service with it, and the pid that the first client has heard. */
async function serveUntilEnd(t: TestContext): Promise<{
  readonly port: number
  readonly served: Served
  readonly first: string
}> {
  const [port] = (await ports(1)) as [number]
  const script = join(tempDir(t), 'until-end.py')
  writeFileSync(script, UNTIL_END)
  const served = await serve(t, [
    `${port} stream tcp wait ${me} /usr/bin/env env python3 ${script}`,
  ])
  const first = await talk(t, port, 'hello')
  assert.match(first, /^\d+$/)
  return { port, served, first }
}

/** Answers datagrams with the same, until one says so. */
const RECEIVE = `import os, socket
server = socket.socket(fileno=0)
data = b""
while data != b"end":
    data, peer = server.recvfrom(1000)
    server.sendto(b"%d %s" % (os.getpid(), data), peer)
`

test('with wait a program gets the listening socket, and is started again when somebody comes', {
  skip: python,
}, async (t) => {
  const { port, served, first } = await serveUntilEnd(t)
  assert.equal(await talk(t, port, 'hello'), first)
  assert.equal(await talk(t, port, 'end'), first)
  await served.logged(new RegExp(`pid ${first} ended: status 0`))
  const crowd = await Promise.all(Array.from({ length: 50 }, () => talk(t, port, 'hello')))
  assert.notEqual(crowd[0], first)
  assert.deepEqual(crowd, Array(50).fill(crowd[0]))
  assert.equal((await runner(['stop'], { cwd: served.cwd, env })).status, 0)
  await gone(Number(crowd[0]))
})

test('a program that gets datagrams gets the one that it was started for', {
  skip: python,
}, async (t) => {
  const [port] = (await ports(1)) as [number]
  const script = join(tempDir(t), 'receive.py')
  writeFileSync(script, RECEIVE)
  const served = await serve(t, [`${port} dgram udp wait ${me} /usr/bin/env env python3 ${script}`])
  const { createSocket } = await import('node:dgram')
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  const ask = async (text: string): Promise<string> => {
    const answer = once(socket, 'message')
    socket.send(text, port, '127.0.0.1')
    return String((await answer)[0])
  }
  const pids = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    for (const text of ['one', 'two', 'end']) {
      const [pid = '', heard] = (await ask(text)).split(' ')
      assert.equal(heard, text)
      pids.add(pid)
    }
    await served.logged(new RegExp(`pid ${[...pids].at(-1)} ended: status 0`))
  }
  assert.equal(pids.size, 3)
})

test('a reload hands a socket on that waits, and never has two programs on it', {
  skip: python,
}, async (t) => {
  const { port, served, first } = await serveUntilEnd(t)
  for (const generation of [2, 3]) {
    assert.equal((await reload(served.cwd)).generation, generation)
    // It blocks as before, and nobody else is started for them.
    for (let n = 0; n < 5; n += 1) assert.equal(await talk(t, port, 'hello'), first)
  }
  assert.equal([...served.log().matchAll(/has its socket/g)].length, 1)
  assert.equal(await talk(t, port, 'end'), first)
  await gone(served.pid)
  const second = await talk(t, port, 'hello')
  assert.notEqual(second, first)
  assert.equal(await talk(t, port, 'hello'), second)
  assert.equal((await runner(['stop'], { cwd: served.cwd, env })).status, 0)
})

test('UNIX sockets are served too', { skip: python }, async (t) => {
  const dir = tempDir(t)
  const script = join(dir, 'until-end.py')
  writeFileSync(script, UNTIL_END)
  await serve(t, [
    `${dir}/cat.sock stream unix nowait ${me} /bin/cat`,
    `${dir}/wait.sock stream unix wait ${me} /usr/bin/env env python3 ${script}`,
    `${dir}/echo.sock stream unix nowait ${me} internal echo`,
  ])
  for (const name of ['cat', 'echo']) {
    const socket = connect({ path: join(dir, `${name}.sock`), allowHalfOpen: true })
    socket.end('hello')
    assert.equal(String((await once(socket, 'data'))[0]), 'hello')
  }
  const socket = connect(join(dir, 'wait.sock'))
  socket.write('end')
  assert.match(String((await once(socket, 'data'))[0]), /^\d+$/)
})

test('a service that is asked for too often is off, and the others go on', async (t) => {
  const [bad, none, good] = (await ports(3)) as [number, number, number]
  const served = await serve(t, [
    `${bad} stream tcp nowait.3 ${me} /bin/cat`,
    // It takes nothing from its socket, and is started again and again.
    `${none} stream tcp wait.5 ${me} /bin/false`,
    `${good} stream tcp nowait.0 ${me} /bin/cat`,
  ])
  for (const text of ['1', '2', '3']) assert.equal(await talk(t, bad, text), text)
  const reset = connect(bad, '127.0.0.1')
  const [error] = (await once(reset, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
  await served.logged(
    new RegExp(
      `${bad}/tcp: asked for more than 3 times in a minute \\(looping\\?\\), off for 10 min`,
    ),
  )
  const waiting = await Client.connect(t, none)
  await served.logged(new RegExp(`${none}/tcp: asked for more than 5 times in a minute`))
  waiting.socket.destroy()
  const { stdout } = await runner(['status'], { cwd: served.cwd, env })
  assert.match(stdout, /off: for (600|5\d\d) seconds/)
  const { text } = await ask(join(served.cwd, 'runner.sock'), 'GET', '/metrics')
  assert.match(text, new RegExp(`^inetd_off\\{service="[^"]*${bad}/tcp \\(line 2\\)"\\} 1$`, 'm'))
  assert.match(text, new RegExp(`^inetd_off\\{service="[^"]*${good}/tcp \\(line 4\\)"\\} 0$`, 'm'))
  assert.match(text, new RegExp(`_started_total\\{service="[^"]*${bad}/[^"]*"\\} 3$`, 'm'))
  for (let n = 0; n < 6; n += 1) assert.equal(await talk(t, good, `${n}`), `${n}`)
  assert.equal((await runner(['stop'], { cwd: served.cwd, env })).status, 0)
})

test('a program that is missing, or ends badly, is logged, and its client hung up on', async (t) => {
  const [missing, failing, plain, half] = (await ports(4)) as [number, number, number, number]
  const text = join(tempDir(t), 'text')
  const script = join(dirname(text), 'script')
  writeFileSync(text, 'no program', { mode: 0o644 })
  writeFileSync(script, '#!/no/such/shell\n', { mode: 0o755 })
  const served = await serve(t, [
    `${missing} stream tcp nowait ${me} /no/such/program`,
    `${failing} stream tcp nowait ${me} /bin/sh sh -c exit\${IFS}3`,
    `${plain} stream tcp nowait ${me} ${text}`,
    `${half} stream tcp nowait ${me} ${script}`,
  ])
  assert.match(served.log(), /\[inetd\] line 2: there is no program \/no\/such\/program yet\n/)
  for (const port of [missing, failing, plain, half]) assert.equal(await talk(t, port), '')
  await served.logged(/\[inetd\] \d+\/tcp: cannot run \/no\/such\/program: no such file\n/)
  await served.logged(/\[inetd\] \d+\/tcp: cannot run \S+\/text: permission denied\n/)
  await served.logged(/\[inetd\] \d+\/tcp: cannot run \S+\/script: its interpreter is missing\n/)
  await served.logged(/\[inetd\] \d+\/tcp: pid \d+ ended: status 3\n/)
})

test('no more programs than --max-connections run at a time', async (t) => {
  const [port] = (await ports(1)) as [number]
  const lines = [`${port} stream tcp nowait ${me} /bin/cat`]
  const served = await serve(t, lines, ['--max-connections', '2'])
  const clients = [await Client.connect(t, port), await Client.connect(t, port)]
  for (const client of clients) {
    client.socket.write('here\n')
    await client.hears(/here/)
  }
  const third = connect(port, '127.0.0.1')
  const [error] = (await once(third, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
  await served.logged(/\[inetd\] refused a connection: there are 2 already\n/)
  await clients[0]?.rest('bye')
  await served.logged(/ended: status 0/)
  assert.equal(await talk(t, port, 'again'), 'again')
})
