import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { below, told } from '../helpers/checked.ts'
import { freePort } from '../helpers/free-port.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { passwordLine } from '../helpers/password-line.ts'
import { ourPlugins } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const needsRoot = { skip: noOtherUser } as const
/** In a directory of PATH that may not be searched there might be any program. */
const env = { RUNNER_PLUGIN_PATH: ourPlugins, PATH: '/usr/bin:/bin' }

/** Refuses its start, and says who was what when it was asked for. */
const REFUSES = `
import { Application, MultiService, Service } from 'runnerd'
class Refuses extends Service {
  begin() { this.first = process.getuid() }
  refuse() { throw Object.assign(new Error('cannot begin: ' + [this.first, process.getuid()]), { exitStatus: 66 }) }
  privilegedStartService() { this.begin() }
  startService() { this.refuse() }
  checkPrivilegedStart() { this.begin() }
  checkStart() { this.refuse() }
}
export const application = new Application('refuses')
const top = new MultiService()
top.setServiceParent(application)
new Refuses().setServiceParent(top)
`

/** A directory with all that the rows of the tables name. */
function prepare(t: TestContext): string {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  mkdirSync(join(cwd, 'dir'))
  mkdirSync(join(cwd, 'closed'), { mode: 0o700 })
  for (const [name, text, mode] of [
    ['users', passwordLine('anna', 'tiger'), 0o600],
    ['unsafe', passwordLine('anna', 'tiger'), 0o644],
    ['plain', 'anna:tiger\n', 0o600],
    ['nobody', '', 0o600],
    ['garbage', 'no such thing', 0o644],
    ['keys', '', 0o644],
    ['closed/poem', 'a poem', 0o600],
    ['refuses.tac.mjs', REFUSES, 0o644],
  ] as const) {
    writeFileSync(join(cwd, name), text)
    chmodSync(join(cwd, name), mode)
  }
  return cwd
}

interface Row {
  readonly words: readonly string[]
  readonly status: number
  readonly line: RegExp
  readonly skip: string | false
}

const of = (
  words: string,
  status: number,
  line: RegExp,
  { skip }: Pick<Row, 'skip'> = { skip: false },
): Row => ({ words: words.split(' '), status, line, skip })

const ssh = 'telnet --port 0 --password-file users --ssh tcp:0:interface=localhost'

/** What a service finds out when it is started. */
const refusals: readonly Row[] = [
  of('ftp --port 0 --root missing', 66, /cannot serve missing: no such file/),
  of('ftp --port 0 --root garbage', 66, /cannot serve garbage: not a directory$/),
  of('-n ftp --port 0 --root missing', 66, /cannot serve missing: no such file/),
  of('--workers 2 ftp --port 0 --root missing', 66, /cannot serve missing: no such file/),
  of('ftp --port 0 --password-file missing', 66, /cannot use password file missing: no such/),
  of('socks --port 0 --password-file unsafe', 77, /cannot use password file unsafe: others/),
  of('socks --port 0 --password-file nobody', 78, /nobody: there is no user in it$/),
  of('telnet --port 0 --password-file plain', 78, /plain: line 1 has a password/),
  of(`${ssh} --authorized-keys missing`, 66, /cannot use the keys of missing: no such file$/),
  of(`${ssh} --authorized-keys plain`, 78, /plain: line 1 doesn't begin with a key's type/),
  of(`${ssh} --ssh-host-key unsafe`, 77, /cannot use the host key unsafe: others/),
  of(`${ssh} --ssh-host-key plain`, 78, /cannot use the host key plain: /),
  of(`${ssh} --ssh-host-key missing/key`, 73, /cannot make the host key missing\/key: no such/),
  of('fastpoetry --port 0 --poem missing', 66, /cannot open missing: no such file/),
  of('fastpoetry --port 0 --poem dir', 66, /cannot read dir: illegal operation/),
  of('web --port 0 --path dir --access-log missing/x', 73, /missing\/x: no such file/),
  of('web --port 0 --path dir --access-log dir', 73, /dir: illegal operation/),
  of('web --port 0 --path missing', 66, /cannot serve missing: /),
  of('portforward --destination tcp:localhost:9 --listen ssl:0:privateKey=missing', 66, /key/),
  of('procmon -- missing', 64, /cannot run missing: no such command$/),
  of('procmon -- dir/missing', 64, /cannot run dir\/missing: no such command$/),
  of('procmon -- garbage/x', 64, /cannot run garbage\/x: not a directory$/),
  of('procmon -- ./garbage', 77, /cannot run .\/garbage: permission denied$/),
  of('procmon --file missing', 66, /cannot use missing: no such file$/),
  of('dns --port 0 --zone missing', 66, /cannot use zone missing: no such file$/),
  of('inetd --file missing', 66, /cannot open missing: no such file/),
  of('--uid nobody fastpoetry --port 0 --poem closed/poem', 77, /permission denied$/, needsRoot),
  of('--uid nobody ftp --port 0 --root closed', 77, /permission denied$/, needsRoot),
  of('--uid nobody --tac refuses.tac.mjs', 66, /cannot begin: 0,65534$/, needsRoot),
]

describe('runner check says what the start of a service is refused for, and makes nothing', {
  concurrency: 2,
}, () => {
  for (const { words, status, line, skip } of refusals) {
    test(`${status} of ${words.join(' ')}: ${line.source}`, { skip }, async (t) => {
      const cwd = prepare(t)
      const before = below(cwd)
      const checked = await runner(['check', ...words], { cwd, env })
      assert.deepEqual(below(cwd), before)
      assert.match(told(checked)[0] ?? '', line)
      assert.deepEqual([checked.status, checked.stdout], [status, ''])
      const ran = await runner(words, { cwd, env })
      assert.equal(ran.status, status)
      assert.deepEqual(told(checked), told(ran))
    })
  }

  test('a program of inetd that the user of --uid may not start is refused as by the run', {
    skip: noOtherUser,
  }, async (t) => {
    const cwd = prepare(t)
    writeFileSync(join(cwd, 'conf'), `${await freePort()} stream tcp nowait root /bin/cat cat\n`)
    const words = ['--uid', 'nobody', 'inetd', '--file', 'conf']
    const at = { cwd, env }
    const [checked, ran] = [await runner(['check', ...words], at), await runner(words, at)]
    assert.match(told(checked)[0] ?? '', /cannot use conf, line 1: /)
    assert.deepEqual([checked.status, told(checked)], [ran.status, told(ran)])
  })
})

describe('runner check passes a service that would start, and makes nothing', {
  concurrency: 2,
}, () => {
  const services: readonly string[] = [
    'ftp --port 0 --root dir --password-file nobody',
    'socks --port 0 --password-file users',
    ...(noOtherUser === false ? ['--uid nobody socks --port 0 --password-file users'] : []),
    `${ssh} --ssh-host-key dir/key --authorized-keys keys`,
    'web --port 0 --path dir --access-log dir/log',
    'web --port 0 --path dir --access-log garbage',
    'procmon -- touch made',
  ]
  for (const words of services) {
    test(words, async (t) => {
      const cwd = prepare(t)
      const there = below(cwd)
      const checked = await runner(['check', ...words.split(' ')], { cwd, env })
      assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', ''])
      assert.deepEqual(below(cwd), there)
    })
  }
})
