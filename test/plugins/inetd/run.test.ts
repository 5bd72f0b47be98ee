import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkPlugin } from '@runnerd/testkit'
import { ourPlugins } from '../../helpers/paths.ts'
import { reload } from '../../helpers/reloadable.ts'
import { gone, isAlive, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { Client, env, me, ports, serve, talk } from './serving.ts'

test('inetd is a sound plugin', async (t) => {
  const [port] = await ports(1)
  const file = join(tempDir(t), 'inetd.conf')
  writeFileSync(file, `127.0.0.1:${port} stream tcp nowait ${me} internal echo\n`)
  await checkPlugin(join(ourPlugins, 'inetd', 'dist', 'plugin.js'), { args: ['--file', file] })
})

test('all that is wrong with a file is said at the start, and at a reload, which changes nothing', async (t) => {
  const [port] = (await ports(1)) as [number]
  const served = await serve(t, [`${port} stream tcp nowait ${me} internal echo`])
  writeFileSync(
    served.conf,
    `${port} stream tcp nowait ${me} internal echo
echo stream tcp nowait
ftp stream tcp nowait no-such-user /bin/cat
9 stream tcp nowait ${me}:no-such-group /bin/cat
${port} stream tcp4 nowait ${me} /bin/cat
no-such-host.invalid:8000 stream tcp nowait ${me} /bin/cat
`,
  )
  const line = 'cannot use inetd.conf, line 2: it has 4 of the 6 fields'
  const hint = [
    'line 3: there is no user no-such-user',
    'line 4: there is no group no-such-group',
    `line 5: line 1 has tcp 0.0.0.0 ${port} already`,
    'line 6: there is no host no-such-host.invalid',
  ].join('; ')
  const checked = await runner(['check', 'inetd', '-f', 'inetd.conf'], { cwd: served.cwd, env })
  assert.equal(checked.status, 78)
  assert.ok(checked.stderr.startsWith(`runner: ${line}`), checked.stderr)
  assert.ok(checked.stderr.endsWith(`hint: ${hint}\n`), checked.stderr)
  const failed = await reload(served.cwd)
  assert.ok(failed.line?.includes(line), failed.line)
  assert.equal(failed.status, 78)
  assert.equal(await talk(t, port, 'still'), 'still')
})

test('of a file that is none at all twenty-one faults are told, and how many more', async (t) => {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'bytes'), Buffer.from(Array.from({ length: 10_000 }, (_, n) => n % 256)))
  const { stderr, status } = await runner(['-n', 'inetd', '-f', 'bytes'], { cwd, env })
  assert.match(
    stderr,
    /^runner: cannot use bytes, line \d+: .*\nhint: (line \d+: .*; ){20}\d+ more\n$/,
  )
  assert.equal(status, 78)
})

for (const [args, line, status] of [
  [['-f', 'none'], /^runner: cannot open none: no such file or directory\n/, 66],
  [['-f', '.'], /^runner: cannot read \.: it is a directory\n/, 66],
  [['--rate', '-1'], /^runner: cannot use --rate -1: it must be a whole number from 0\n/, 64],
  [['--timeout', '-1'], /^runner: cannot use --timeout -1: it must be from 0 to 2147483 sec/, 64],
] as const) {
  test(`inetd ${args.join(' ')} is refused with ${status}`, async (t) => {
    const ended = await runner(['-n', 'inetd', ...args], { cwd: tempDir(t), env })
    assert.match(ended.stderr, line)
    assert.equal(ended.status, status)
  })
}

test('a reload reads the file again, and loses no connection', async (t) => {
  const [old, kept, fresh] = (await ports(3)) as [number, number, number]
  const line = (port: number, says: string): string =>
    `${port} stream tcp nowait.0 ${me} /bin/sh sh -c echo\${IFS}${says};exec\${IFS}cat`
  const served = await serve(t, [line(old, 'old'), line(kept, 'first')])
  const [one, two] = [await Client.connect(t, old), await Client.connect(t, kept)]
  await one.hears(/^old\n/)
  await two.hears(/^first\n/)
  writeFileSync(served.conf, `127.0.0.1:\n${line(kept, 'second')}\n${line(fresh, 'fresh')}\n`)
  // Somebody connects all the time meanwhile.
  let isOver = false
  const greetings = new Set<string>()
  const others = Array.from({ length: 4 }, async () => {
    while (!isOver) greetings.add(await talk(t, kept, 'x'))
  })
  assert.equal((await reload(served.cwd)).generation, 2)
  assert.match(await talk(t, kept, 'y'), /^second\ny/)
  assert.match(await talk(t, fresh, 'y'), /^fresh\ny/)
  isOver = true
  await Promise.all(others)
  for (const text of greetings) assert.match(text, /^(first|second)\nx$/)
  assert.ok(isAlive(served.pid))
  await assert.rejects(Client.connect(t, old), { code: 'ECONNREFUSED' })
  // The programs of before go on until their clients leave, and with them the old process.
  assert.equal(await one.rest('bye\n'), 'old\nbye\n')
  assert.ok(isAlive(served.pid))
  assert.equal(await two.rest('bye\n'), 'first\nbye\n')
  await gone(served.pid)
  assert.equal((await runner(['stop'], { cwd: served.cwd, env })).status, 0)
})

test('programs that are there still after --drain-timeout are ended', async (t) => {
  const [port] = (await ports(1)) as [number]
  const lines = [`${port} stream tcp nowait ${me} /bin/cat`]
  const served = await serve(t, lines, [], ['--drain-timeout', '0.5'])
  const client = await Client.connect(t, port)
  client.socket.write('hello\n')
  await client.hears(/hello/)
  assert.equal((await reload(served.cwd)).generation, 2)
  assert.equal(await client.rest(), 'hello\n')
  await gone(served.pid)
  await served.logged(/\[inetd\] ending 1 program\n/)
  assert.equal((await runner(['stop'], { cwd: served.cwd, env })).status, 0)
})

test('a stop ends all that programs have started, and kills what does not end in time', async (t) => {
  const [mild, deaf] = (await ports(2)) as [number, number]
  const script = join(tempDir(t), 'deaf.sh')
  writeFileSync(
    script,
    `trap '' TERM
    sh -c 'trap "" TERM; echo child $$; while :; do sleep 0.1; done' & echo parent $$; wait`,
  )
  const served = await serve(
    t,
    [
      `${mild} stream tcp nowait ${me} /bin/sh sh -c sleep\${IFS}1000&echo\${IFS}left\${IFS}$!`,
      `${deaf} stream tcp nowait ${me} /bin/sh sh ${script}`,
    ],
    ['--killtime', '0.5'],
  )
  const one = await Client.connect(t, mild)
  const left = await one.hears(/left (\d+)/)
  const two = await Client.connect(t, deaf)
  const pids = [left, await two.hears(/parent (\d+)/), await two.hears(/child (\d+)/)]
  const numbers = pids.map(([, pid]) => Number(pid))
  assert.deepEqual(numbers.map(isAlive), [true, true, true])
  await served.stop()
  assert.deepEqual(numbers.map(isAlive), [false, false, false])
  assert.match(served.log(), /killed, since they did not end in 0\.5 seconds: pid \d+\n/)
})

test('one process has to run it: --workers is refused', async (t) => {
  const args = ['--workers', '2', 'inetd', '-f', 'inetd.conf']
  const { status, stderr } = await runner(args, { cwd: tempDir(t), env })
  assert.match(stderr, /^runner: cannot use --workers 2/)
  assert.equal(status, 64)
})
