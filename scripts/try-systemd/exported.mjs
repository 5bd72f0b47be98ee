// What `runner export systemd` makes, as units. Run in the machine by try-systemd.mjs.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, rmSync } from 'node:fs'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { ExportedUnit, UNITS } from './exported-unit.mjs'
import { load, RUNNER, run } from './unit.mjs'

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** Looks again and again, until it is so. */
async function until(is) {
  while (!(await is())) await sleep(0.1)
}

// Most of the time they wait for systemd, and each has a unit of its own.
describe('what runner export systemd makes', { concurrency: 4, timeout: 240_000 }, () => {
  for (const [kind, engine, words, changes] of [
    ['of a user of its own', ['--watchdog', '3'], [], true],
    ['with workers', ['--watchdog', '3'], ['--workers', '2'], false],
  ]) {
    test(`a unit ${kind} passes its checks, starts, reloads, lives on and stops`, async () => {
      const unit = await ExportedUnit.make({ engine, words }, 'waiting')
      assert.deepEqual(run('systemd-analyze', 'verify', `${unit.name}.service`), {
        status: 0,
        output: '',
      })
      const { output } = run(
        'systemd-analyze',
        'security',
        '--offline=yes',
        '--threshold=30',
        `${UNITS}/${unit.name}.service`,
      )
      assert.match(output, /Overall exposure level for \S+: [12]\.\d/)
      const starting = unit.control('start')
      await until(() => unit.journal().some(({ text }) => text.endsWith('starting up.')))
      await sleep(1)
      assert.equal(unit.get('ActiveState'), 'activating')
      unit.moods()
      assert.equal(await starting, 0)
      const generation = `Generation 1 serves${words.length > 0 ? ' with 2 workers' : ''}`
      assert.equal(unit.get('StatusText'), generation)
      assert.notEqual((await unit.told('/who')).uid, 0)
      const before = unit.mainPid
      const end = load(unit)
      for (let reload = 0; reload < 2; reload += 1) {
        assert.equal(await unit.control('reload'), 0)
        // At last longer than the watchdog waits.
        await sleep(reload * 4)
      }
      const { answered, lost } = await end()
      assert.deepEqual(lost, [])
      assert.ok(answered > 100)
      assert.equal(unit.state, 'active success')
      assert.equal(unit.get('NRestarts'), '0')
      assert.match(unit.get('StatusText'), /^Generation 3 serves/)
      assert.equal(unit.mainPid !== before, changes)
      unit.moods('slow')
      const serving = words.length > 0 ? 2 : 1
      assert.equal(await unit.control('stop'), 0)
      assert.equal(unit.state, 'inactive success')
      assert.deepEqual(unit.processes(), [])
      assert.ok(unit.stoppedIn().length >= serving)
      assert.ok(unit.journal().some(({ text }) => text.endsWith('Server Shut Down.')))
    })
  }

  test('a service whose event loop stands still is killed and started anew, before a reload and after', async () => {
    const unit = await ExportedUnit.make({ engine: ['--watchdog', '2'] })
    unit.change('RestartSec=100ms')
    assert.equal(await unit.control('start'), 0)
    for (const restarts of [1, 2]) {
      if (restarts === 2) assert.equal(await unit.control('reload'), 0)
      const before = unit.mainPid
      assert.equal(await unit.ask(), String(before))
      await assert.rejects(unit.ask('/hang'))
      await until(
        () => unit.get('NRestarts') === String(restarts) && unit.get('ActiveState') === 'active',
      )
      assert.notEqual(unit.mainPid, before)
      assert.equal(await unit.ask(), String(unit.mainPid))
    }
    run('journalctl', '--sync')
    assert.match(
      run('journalctl', '-u', unit.name, '--no-pager').output,
      /Watchdog timeout \(limit 2s\)!/,
    )
    assert.equal(await unit.control('stop'), 0)
  })

  test('with --socket it is started by the first connection, and loses none in a reload and a restart', async () => {
    const unit = await ExportedUnit.make({ engine: ['--socket'] })
    const socket = `${unit.name}.socket`
    assert.deepEqual(run('systemd-analyze', 'verify', `${unit.name}.service`, socket), {
      status: 0,
      output: '',
    })
    assert.equal(run('systemctl', 'start', socket).status, 0)
    assert.equal(unit.get('ActiveState'), 'inactive')
    assert.equal(await unit.ask(), String(unit.mainPid))
    assert.equal(unit.state, 'active success')
    const end = load(unit)
    assert.equal(await unit.control('reload'), 0)
    assert.equal(await unit.ask(), String(unit.mainPid))
    await sleep(2)
    assert.equal(await unit.control('reload'), 0)
    await sleep(2)
    const { answered, lost } = await end()
    assert.deepEqual(lost, [])
    assert.ok(answered > 100)
    const before = unit.mainPid
    assert.equal(await unit.control('restart'), 0)
    assert.notEqual(unit.mainPid, before)
    assert.equal(await unit.ask(), String(unit.mainPid))
    assert.equal(run('systemctl', 'stop', socket, unit.name).status, 0)
  })

  test('with --socket it answers every datagram that was sent while it was started', async () => {
    const [name, port, count] = ['exported-echoing', 8100, 2000]
    const words = ['--out', UNITS, '--name', name, '--socket', '--']
    const plugin = ['echoing', '--on', `udp:${port}:interface=127.0.0.1`]
    await promisify(execFile)(RUNNER, ['export', 'systemd', ...words, ...plugin])
    run('systemctl', 'daemon-reload')
    assert.deepEqual(run('systemd-analyze', 'verify', `${name}.service`, `${name}.socket`), {
      status: 0,
      output: '',
    })
    assert.equal(run('systemctl', 'start', `${name}.socket`).status, 0)
    // Its own room is for all the answers at once.
    const client = createSocket({ type: 'udp4', recvBufferSize: 2 ** 22 })
    const answers = new Set()
    client.on('message', (data) => answers.add(String(data)))
    for (let n = 0; n < count; n += 1) client.send(String(n), port, '127.0.0.1')
    await until(() => answers.size === count)
    client.close()
    assert.equal(run('systemctl', 'stop', `${name}.socket`, name).status, 0)
  })

  test('it may write its state and what was said, and nothing else; and it may have a low port', async () => {
    const writable = '/srv/exported writes'
    rmSync(writable, { recursive: true, force: true })
    mkdirSync(writable)
    run('chown', 'daemon', writable)
    const unit = await ExportedUnit.make({
      engine: ['--user', 'daemon', '--writable', writable],
      port: 80,
    })
    assert.equal(await unit.control('start'), 0)
    assert.equal(await unit.told('/write'), 'written')
    assert.equal(await unit.told('/write/srv/exported%20writes'), 'written')
    assert.equal(await unit.told('/write/opt/try'), 'EROFS')
    assert.equal(await unit.told('/write/etc'), 'EROFS')
    assert.equal((await unit.told('/who')).uid, 1)
    assert.equal(await unit.control('reload'), 0)
    assert.equal(await unit.told('/write'), 'written')
    assert.equal(await unit.control('stop'), 0)
  })

  test('programs that it has started are ended by their service, in its turn', async () => {
    const unit = await ExportedUnit.make({ more: ['--starts'] })
    assert.equal(await unit.control('start'), 0)
    assert.equal(await unit.control('reload'), 0)
    const isEnded = ({ text }) => text.includes('the program was ended by')
    await until(() => unit.journal().some(isEnded))
    // What is stopped before it takes its time.
    unit.moods('slow')
    assert.equal(await unit.control('stop'), 0)
    assert.equal(unit.state, 'inactive success')
    const ends = unit.journal().filter(isEnded)
    assert.equal(ends.length, 2)
    assert.ok(ends.every(({ text }) => text.endsWith('by its service')))
    assert.deepEqual(unit.processes(), [])
  })

  test('words arrive as they were given, whatever is in them', async () => {
    const words = [
      '%n %% %',
      '$HOME $' + '{HOME} $$',
      '"\'\\',
      ';',
      '',
      'größer 🎉',
      'a\tb\nc',
      '-x',
      '#',
      '\\x41',
    ]
    const unit = await ExportedUnit.make({ more: words.map((word) => `--word=${word}`) })
    assert.deepEqual(run('systemd-analyze', 'verify', `${unit.name}.service`), {
      status: 0,
      output: '',
    })
    run('systemctl', 'daemon-reload')
    assert.equal(await unit.control('start'), 0)
    assert.deepEqual(await unit.told('/words'), words)
    assert.equal(await unit.control('reload'), 0)
    assert.deepEqual(await unit.told('/words'), words)
    assert.equal(await unit.control('stop'), 0)
  })

  test('a start that fails is shown by systemctl status, and tried again; a usage error is not', async () => {
    const unit = await ExportedUnit.make({}, 'failing')
    assert.equal(await unit.control('start'), 1)
    const line = 'cannot start exported: it is not in the mood'
    const { output } = unit.systemctl('status')
    assert.ok(output.includes(`Status: "${line}"`), output)
    assert.ok(unit.journal().some(({ text, level }) => text === `runner: ${line}` && level === 3))
    unit.moods()
    await until(() => unit.get('ActiveState') === 'active')
    assert.equal(await unit.control('stop'), 0)
    const wrong = `ExecStart=${RUNNER} --nodaemon exported --prot 80`
    unit.change('ExecStart=', wrong, 'RestartSec=100ms')
    assert.equal(await unit.control('start'), 1)
    // Longer than until it would be tried again.
    await sleep(2)
    assert.equal(unit.state, 'failed exit-code')
    assert.equal(unit.get('ExecMainStatus'), '64')
    assert.match(
      unit.systemctl('status').output,
      /runner: cannot run exported: unknown option --prot/,
    )
  })
})
