import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { checkPlugin } from '@runnerd/testkit'
import { fetchAll } from '../../helpers/fetch-all.ts'
import { freePort } from '../../helpers/free-port.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { reload } from '../../helpers/reloadable.ts'
import {
  type Daemon,
  daemon,
  foreground,
  gone,
  isAlive,
  type Running,
  runner,
  send,
} from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }

/** Says its arguments at NOTIFY_SOCKET, one datagram each, and ends, or stays. */
const NOTIFY = `
import os, signal, socket, sys
talker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for word in sys.argv[1:]:
    if word == "stay":
        print("said", flush=True)
        signal.pause()
    talker.sendto(word.encode(), os.environ["NOTIFY_SOCKET"])
`

/** Waits until the log of a daemon matches. */
async function logged({ logfile, log }: Daemon, pattern: RegExp): Promise<RegExpExecArray> {
  return await waitFor(logfile, () => pattern.exec(log()) ?? undefined)
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length
}

test('procmon is a sound plugin', async () => {
  const args = ['--', 'sleep', '1000']
  await checkPlugin(join(ourPlugins, 'procmon', 'dist', 'plugin.js'), { args })
})

for (const end of [[], ['--']]) {
  test(`options end at the command${end.length ? ', or before it with --' : ''}`, async (t) => {
    const script = 'echo "got $* of $GREETING"; sleep 1000'
    const command = ['sh', '-c', script, 'sh', '-t', '--help', '--', 'x']
    const options = { cwd: tempDir(t), env: { ...env, GREETING: 'hello' } }
    const { line } = foreground(t, ['procmon', '-t', '2', ...end, ...command], options)
    await line(/\[sh -c [^\n]*\] got -t --help -- x of hello\n/)
  })
}

test('what a process prints is logged by line, its status said, and it waits longer each time', async (t) => {
  // By their names, too, which only a pipe can be opened by.
  const script =
    "printf 'one\\ntwo\\n' > /dev/stdout; printf '\\nlast'; printf oops > /dev/stderr; exit 3"
  // However long the shell takes for it, that is no success.
  const delays = ['-t', '600', '-m', '0.1', '-M', '0.3']
  const args = ['procmon', ...delays, '--', 'sh', '-c', script]
  const { line, stdout } = foreground(t, args, { cwd: tempDir(t), env })
  await line(/(ended: status 3, after \d+\.\d s; it is started again in 0\.3 s\n[\s\S]*){2}/)
  const lines = [...stdout().matchAll(/\[sh -c [^\n]*\] ([^\n]*)\n/g)].map(([, text]) => text)
  assert.deepEqual(lines.slice(0, 5).sort(), ['', 'last', 'one', 'oops', 'two'])
  const waits = [...stdout().matchAll(/started again in (\S+) s/g)].map(([, wait]) => wait)
  assert.deepEqual(waits.slice(0, 4), ['0.1', '0.2', '0.3', '0.3'])
})

test('a flood of lines is logged whole and in order', async (t) => {
  const args = ['procmon', '--', 'sh', '-c', 'seq 1 100000; sleep 1000']
  const whole = ['--log-max-size', '0', ...args]
  const started = await daemon(t, whole, { cwd: tempDir(t), env })
  await logged(started, /\] 100000\n/)
  const numbers = [...started.log().matchAll(/\] (\d+)\n/g)].map(([, number]) => Number(number))
  assert.deepEqual(
    numbers,
    Array.from({ length: 100_000 }, (_, at) => at + 1),
  )
})

test('a stop ends the whole group, and kills what does not end in time', async (t) => {
  const cwd = tempDir(t)
  // Both ignore SIGTERM, and one is the child of the other.
  const script = `trap '' TERM; sh -c 'trap "" TERM; echo child $$; while :; do sleep 0.1; done' & echo parent $$; wait`
  const started = await daemon(t, ['procmon', '-k', '0.5', '--', 'sh', '-c', script], { cwd, env })
  const pids = [await logged(started, /\] parent (\d+)/), await logged(started, /\] child (\d+)/)]
  const numbers = pids.map(([, pid]) => Number(pid))
  assert.deepEqual(numbers.map(isAlive), [true, true])
  await started.stop()
  assert.deepEqual(numbers.map(isAlive), [false, false])
  assert.match(started.log(), /is killed: it did not end in 0\.5 seconds/)
})

test('what a process leaves behind ends before it is started again', async (t) => {
  // It has to be killed, which takes as long as the threshold: the command has failed even so.
  const script = 'trap "" TERM; sleep 1000 & echo left $!; exit 1'
  const limits = ['-t', '0.5', '-k', '0.5', '-m', '0.1']
  const args = ['procmon', ...limits, '--', 'sh', '-c', script]
  const started = await daemon(t, args, { cwd: tempDir(t), env })
  await logged(started, /(\] left \d+[\s\S]*){2}/)
  await logged(started, /ended: status 1, after 0\.\d s; it is started again in 0\.\d s\n/)
  const [, left] = await logged(started, /\] left (\d+)/)
  assert.equal(isAlive(Number(left)), false)
})

test('a server of nc is there when runner returns, and again when it was killed', async (t) => {
  const port = await freePort()
  // It is late, and serves one connection.
  const script = `sleep 1; touch late; echo hello | nc -N -l 127.0.0.1 ${port}`
  const late = ['procmon', '--ready-port', String(port), '-t', '0', '--', 'sh', '-c', script]
  const cwd = tempDir(t)
  const started = await daemon(t, late, { cwd, env })
  assert.ok(existsSync(join(cwd, 'late')))
  assert.match(started.log(), new RegExp(`port ${port} accepts connections`))
  const [, pid] = await logged(started, /started .*, pid (\d+)/)
  send(Number(pid), 'SIGKILL')
  await gone(Number(pid))
  await logged(started, /ended: (SIGKILL|status 0)/)
  for (let text = ''; text !== 'hello\n'; ) {
    text = await fetchAll(port).then(String, () => '')
  }
})

test('runner returns when the commands have said that they are ready', async (t) => {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'notify.py'), NOTIFY)
  // One says it itself, the other has it said, late, by a program that is gone at once.
  const procfile = `one: exec python3 notify.py "STATUS=serving 3" READY=1 stay
two: sleep 1; touch late; python3 notify.py BARRIER=1; python3 notify.py READY=1; exec sleep 1000
`
  writeFileSync(join(cwd, 'Procfile'), procfile)
  const words = ['procmon', '-m', '0', '--ready-notify', '--file', 'Procfile']
  const started = await daemon(t, words, { cwd, env })
  assert.ok(existsSync(join(cwd, 'late')))
  // The first may take longer than the other one's sleep.
  for (const ready of [/one is ready\n/, /two is ready\n/]) assert.match(started.log(), ready)
  const status = async (): Promise<string> => (await runner(['status'], { cwd, env })).stdout
  assert.match(await status(), /ready: true\s+says: serving 3\n/)
  const [, pid] = await logged(started, /started one, pid (\d+)/)
  send(Number(pid), 'SIGKILL')
  await logged(started, /(one is ready\n[\s\S]*){2}/)
  assert.equal((await reload(cwd)).generation, 2)
  await logged(started, /(one is ready\n[\s\S]*){3}/)
  assert.equal((await runner(['stop'], { cwd, env })).status, 0)
})

test('only a command, and what it has started, says that it is ready', async (t) => {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'notify.py'), NOTIFY)
  const script = `echo at $NOTIFY_SOCKET; while ! test -e go; do sleep 0.1; done
    setsid python3 notify.py READY=1 stay`
  const words = ['procmon', '--ready-notify', '--', 'sh', '-c', script]
  const running = foreground(t, words, { cwd, env: { ...env, NOTIFY_SOCKET: '/none' } })
  const [, path = ''] = await running.line(/\] at (\/.*\/notify)\n/)
  const stranger = spawn('python3', ['notify.py', 'STATUS=a lie', 'READY=1', 'stay'], {
    cwd,
    env: { ...process.env, NOTIFY_SOCKET: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => stranger.kill('SIGKILL'))
  await once(stranger.stdout, 'data')
  writeFileSync(join(cwd, 'go'), '')
  await running.line(/is ready\n/)
  assert.doesNotMatch((await runner(['status'], { cwd, env })).stdout, /a lie/)
  running.child.kill('SIGTERM')
  await running.ended
  assert.ok(!existsSync(path))
})

test('a start removes the sockets that a killed runner has left, and no others', async (t) => {
  const cwd = tempDir(t)
  const options = { cwd, env: { ...env, TMPDIR: cwd } }
  const words = ['procmon', '--ready-notify', '--', 'sh', '-c', 'echo at $NOTIFY_SOCKET; read x']
  const start = async (): Promise<{ running: Running; dir: string }> => {
    const running = foreground(t, ['--pidfile', '', ...words], options)
    const [, dir = ''] = await running.line(/\] at (.*)\/notify\n/)
    return { running, dir }
  }
  const [killed, alive] = [await start(), await start()]
  killed.running.child.kill('SIGKILL')
  await killed.running.ended
  mkdirSync(join(cwd, 'procmon-other1'))
  const last = await start()
  const there = readdirSync(cwd).filter((name) => name.startsWith('procmon-'))
  assert.deepEqual(there.sort(), [basename(alive.dir), basename(last.dir), 'procmon-other1'].sort())
})

for (const ready of ['--ready-notify', '--ready-port=1']) {
  test(`a start with ${ready} that never comes is ended by its time, and its command with it`, async (t) => {
    let pid: string | undefined
    // A busy machine may need more time to get as far as the command.
    for (let seconds = 2; pid === undefined; seconds *= 2) {
      const cwd = tempDir(t)
      const own = ['--start-timeout', String(seconds)]
      const words = [...own, 'procmon', ready, '--', 'sleep', '1000']
      const { status, stderr } = await runner(words, { cwd, env: { ...env, TMPDIR: cwd } })
      assert.equal(status, 75)
      assert.match(stderr, new RegExp(`^runner: cannot start procmon: .*${seconds} seconds`))
      const left = (): boolean => readdirSync(cwd).some((name) => name.startsWith('procmon-'))
      const log = readFileSync(join(cwd, 'runner.log'), 'utf8')
      pid = /started sleep 1000, pid (\d+)/.exec(log)?.[1]
      if (pid === undefined) continue
      await gone(Number(pid))
      assert.ok(!left())
    }
  })
}

test('the next worker runs the commands when the one before it has died', async (t) => {
  const args = ['--workers', '1', 'procmon', '--', 'sleep', '1000']
  const running = foreground(t, args, { cwd: tempDir(t), env })
  const [, pid] = await running.line(/Worker 1 with pid (\d+) serves/)
  process.kill(Number(pid), 'SIGTERM')
  await running.line(/started sleep 1000, pid[\s\S]*started sleep 1000, pid/)
  running.child.kill('SIGTERM')
  await running.ended
})

test('what is no command, or no Procfile, is refused in one line', async (t) => {
  for (const [words, wanted, line] of [
    [['--', ''], 64, 'cannot run procmon: there is no command'],
    [['--file', '.'], 66, 'cannot use .: it is a directory'],
    [['--file', 'nowhere'], 66, 'cannot use nowhere: no such file'],
  ] as const) {
    const { status, stderr } = await runner(['procmon', ...words], { cwd: tempDir(t), env })
    assert.equal(status, wanted)
    assert.equal(stderr.split('\n')[0], `runner: ${line}`)
  }
})

test('procmon runs in one process', async (t) => {
  const args = ['-n', '--workers', '2', 'procmon', 'true']
  const { status, stderr } = await runner(args, { cwd: tempDir(t), env })
  assert.equal(status, 64)
  assert.equal(
    stderr,
    'runner: cannot use --workers 2 with procmon: each of them would do all of it\n',
  )
})

test('a reload never runs two of the same, and a bad Procfile changes nothing', async (t) => {
  const cwd = tempDir(t)
  const script = join(cwd, 'alone.sh')
  // The directory is there as long as it is.
  writeFileSync(
    script,
    `trap 'sleep 0.2; rmdir "$1"; exit' TERM
    mkdir "$1" && echo alone || echo not alone
    while :; do sleep 0.05; done`,
  )
  const procfile = join(cwd, 'Procfile')
  writeFileSync(procfile, `one: exec sh ${script} ${cwd}/1\ntwo: exec sh ${script} ${cwd}/2\n`)
  const started = await daemon(t, ['procmon', '--file', 'Procfile'], { cwd, env })
  // One that has said so removes its directory when it is ended.
  const both = (generation: number): RegExp =>
    new RegExp(`(\\] alone\\n[\\s\\S]*){${2 * generation}}|not alone`)
  await logged(started, both(1))
  for (let generation = 2; generation < 5; generation += 1) {
    assert.equal((await reload(cwd)).generation, generation)
    await logged(started, both(generation))
  }
  assert.equal(count(started.log(), /\] not alone\n/g), 0)
  writeFileSync(procfile, 'nothing')
  const { line, status } = await reload(cwd)
  assert.match(`${line}`, /Procfile, line 1: it is not of the form/)
  assert.equal(status, 78)
  assert.equal(count(started.log(), /\] alone\n/g), 8)
  assert.equal((await runner(['stop'], { cwd, env })).status, 0)
  assert.equal(spawnSync('ls', ['-d', join(cwd, '1')]).status, 2)
})

for (const [args, line] of [
  [[], 'cannot run procmon: there is no command'],
  [['--', 'no-such-command'], 'cannot run no-such-command: no such command'],
  [['-k', '-1', 'true'], 'cannot use --killtime -1: it must be from 0 to 2147483 seconds'],
  [['--file', 'Procfile', 'true'], 'cannot use --file with a command'],
] as const) {
  test(`procmon ${args.join(' ')} is a usage error`, async (t) => {
    const { status, stderr } = await runner(['-n', 'procmon', ...args], { cwd: tempDir(t), env })
    assert.equal(status, 64)
    assert.ok(stderr.includes(`runner: ${line}\n`), stderr)
  })
}
