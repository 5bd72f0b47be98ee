// Run in the machine by try-systemd.mjs.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load, moods, Unit } from './unit.mjs'

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** `systemctl reload` without the processes of this one being held up, as `load` needs. */
async function systemctl(verb, { name }) {
  const [status] = await once(spawn('systemctl', [verb, name], { stdio: 'ignore' }), 'exit')
  return status
}

const HARDENED = [
  ...['DynamicUser=yes', 'ProtectSystem=strict', 'ProtectHome=yes', 'PrivateTmp=yes'],
  ...['PrivateDevices=yes', 'NoNewPrivileges=yes', 'ProtectProc=invisible', 'ProcSubset=pid'],
  ...['RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX', 'SystemCallFilter=@system-service'],
  ...['SystemCallErrorNumber=EPERM', 'RestrictNamespaces=yes', 'LockPersonality=yes'],
  ...['CapabilityBoundingSet=', 'ProtectControlGroups=yes', 'UMask=0077'],
]

const LOG = '--logfile /var/log/moody.log'

/** How a unit may run it: its settings, runner's options, whether the main process changes. */
const kinds = {
  notify: [['Type=notify'], ['--nodaemon'], true],
  'notify, of which every process may tell': [
    ['Type=notify', 'NotifyAccess=all'],
    ['--nodaemon'],
    true,
  ],
  'notify, reloaded by a signal': [
    ['Type=notify', 'ExecReload=', 'ExecReload=/bin/kill -HUP $MAINPID'],
    ['--nodaemon'],
    true,
  ],
  'notify, as another user': [['Type=notify', 'User=daemon'], ['--nodaemon'], true],
  'notify, hardened': [['Type=notify', ...HARDENED], ['--nodaemon'], true],
  'notify, sheds privileges': [['Type=notify'], ['--nodaemon', '-u daemon'], true],
  'notify, with workers': [['Type=notify'], ['--nodaemon', '--workers 2'], false],
  exec: [['Type=exec'], ['--nodaemon'], false],
  forking: [['Type=forking', 'PIDFile=PIDFILE'], [LOG], true],
  'forking, with workers': [['Type=forking', 'PIDFile=PIDFILE'], [LOG, '--workers 2'], false],
}

for (const [kind, [settings, options, changes]] of Object.entries(kinds)) {
  test(`${kind}: reloads under load, loses nothing, and stops in order`, async () => {
    moods()
    const unit = Unit.write(settings, options)
    assert.equal(unit.systemctl('start').status, 0)
    // With `exec` nobody waits for it.
    while (!(await unit.ask().catch(() => false))) await sleep(0.1)
    const before = unit.mainPid
    const end = load(unit)
    for (let reload = 0; reload < 3; reload += 1) {
      assert.equal(await systemctl('reload', unit), 0)
      await sleep(reload === 2 ? 0 : 3)
    }
    const { answered, lost } = await end()
    assert.deepEqual(lost, [])
    assert.ok(answered > 100)
    await sleep(4)
    assert.equal(unit.state, 'active success')
    assert.equal(unit.mainPid !== before, changes)
    moods('slow')
    const serving = unit.processes().filter((pid) => isServing(pid, unit))
    const from = Date.now()
    assert.equal(unit.systemctl('stop').status, 0)
    assert.ok(Date.now() - from >= 2000)
    assert.equal(unit.state, 'inactive success')
    assert.deepEqual(unit.processes(), [])
    const log = options.includes(LOG) ? readFileSync('/var/log/moody.log', 'utf8') : undefined
    const stopped = unit.stoppedIn(log)
    assert.ok(serving.every((pid) => stopped.includes(pid)))
  })
}

/** Whether services run in it: not in the process that started others, nor in a shell. */
function isServing(pid, { mainPid }) {
  const [title = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  const children = readFileSync(`/proc/${mainPid}/task/${mainPid}/children`, 'utf8')
  return title.startsWith('runner moody') && (pid !== mainPid || children.trim() === '')
}

test('a start is over when all services run', async () => {
  moods('slow')
  const unit = Unit.write(['Type=notify'])
  const starting = systemctl('start', unit)
  await sleep(1)
  assert.equal(unit.get('ActiveState'), 'activating')
  assert.equal(await starting, 0)
  assert.equal(await unit.ask(), String(unit.mainPid))
  unit.systemctl('stop')
})

for (const access of ['main', 'all']) {
  for (const [mood, reason] of [
    ['failing', 'it is not in the mood'],
    ['leaving', 'it exited with status 9 before it was ready'],
    ['hanging', 'not ready within 3 seconds'],
  ]) {
    test(`NotifyAccess=${access}: a reload whose successor is ${mood} fails, and says why`, async () => {
      moods()
      const options = ['--nodaemon', '--start-timeout 3']
      const unit = Unit.write(['Type=notify', `NotifyAccess=${access}`], options)
      unit.systemctl('start')
      const before = unit.mainPid
      moods(mood)
      assert.equal(unit.systemctl('reload').status, 1)
      const { output } = unit.systemctl('status')
      assert.ok(output.includes(`runner: cannot reload moody: ${reason}`), output)
      await sleep(1)
      assert.equal(unit.state, 'active success')
      assert.equal(unit.mainPid, before)
      assert.equal(await unit.ask(), String(before))
      moods()
      assert.equal(unit.systemctl('reload').status, 0)
      unit.systemctl('stop')
      assert.equal(unit.state, 'inactive success')
    })
  }
}

for (const [settings, options] of [
  [['Type=notify'], ['--nodaemon']],
  [['Type=forking', 'PIDFile=PIDFILE'], [LOG]],
]) {
  test(`${settings[0]}: a start that fails is told by systemctl status, as an error`, () => {
    moods('failing')
    const unit = Unit.write(settings, options)
    assert.equal(unit.systemctl('start').status, 1)
    assert.equal(unit.state, 'failed exit-code')
    const line = 'runner: cannot start moody: it is not in the mood'
    assert.ok(unit.systemctl('status').output.includes(line))
    assert.ok(unit.journal().some(({ text, level }) => text === line && level === 3))
  })

  test(`${settings[0]}: a stop while the generation before still stops ends both in order`, async () => {
    moods()
    const unit = Unit.write(settings, options)
    unit.systemctl('start')
    const before = unit.mainPid
    moods('slow')
    unit.systemctl('reload')
    await sleep(0.5)
    const next = unit.mainPid
    assert.notEqual(next, before)
    unit.systemctl('stop')
    assert.equal(unit.state, 'inactive success')
    const log = options.includes(LOG) ? readFileSync('/var/log/moody.log', 'utf8') : undefined
    const stopped = unit.stoppedIn(log)
    assert.ok(stopped.includes(before) && stopped.includes(next))
  })

  test(`${settings[0]}: a main process that is killed after a reload is noticed`, async () => {
    moods()
    const unit = Unit.write([...settings, 'Restart=on-failure', 'RestartSec=0'], options)
    unit.systemctl('start')
    unit.systemctl('reload')
    await sleep(1)
    process.kill(unit.mainPid, 'SIGKILL')
    while (unit.get('NRestarts') === '0' || unit.get('ActiveState') !== 'active') await sleep(0.1)
    assert.equal(await unit.ask(), String(unit.mainPid))
    unit.systemctl('stop')
  })
}

test('the journal has the level of each line', async () => {
  moods()
  const unit = Unit.write(['Type=notify'], ['--nodaemon', '--log-level debug'])
  unit.systemctl('start')
  await unit.ask('/levels')
  const levelOf = (part) => unit.journal().find(({ text }) => text.includes(part))?.level
  const parts = ['at debug', 'at info', 'in two lines', 'at warning', 'at error', 'at critical']
  assert.deepEqual(parts.map(levelOf), [7, 6, 6, 4, 3, 2])
  unit.systemctl('stop')
})
