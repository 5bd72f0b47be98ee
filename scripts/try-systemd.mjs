// Tries runner as units of a real systemd: `node scripts/try-systemd.mjs [--root DIR]
// [--suite bookworm] [--workspace] [cases exported]`, as root, where debootstrap and
// systemd-nspawn are (Debian has the latter in systemd-container). Makes a Debian in DIR,
// or takes the one that is there, installs this Node and `runnerd` as it would be
// published, or with --workspace shows it this checkout, boots it without a network, and
// ends as the cases in it ended.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './root.mjs'

const INCLUDED = 'systemd,systemd-sysv,dbus,procps,libstdc++6'

/** The status where no Debian can be made: no mirror is reached, for one. */
const UNAVAILABLE = 69

/** Where the checkout is in the machine, and a runner that was installed. */
const SHOWN = '/opt/runner'
const INSTALLED = '/opt/try/node_modules/.bin/runner'

/** Runs the cases, and has the whole machine end as they did. */
const unitOf = (runner, files) => `[Unit]
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
WorkingDirectory=/opt/try
Environment=TRY_RUNNER=${runner}
StandardOutput=append:/opt/try/report
StandardError=append:/opt/try/report
ExecStart=/usr/local/bin/node --test --test-reporter=spec --test-concurrency=1 ${files}

[Install]
WantedBy=multi-user.target
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workspace: { type: 'boolean', default: false },
    root: { type: 'string', default: join(tmpdir(), 'runner-systemd') },
    suite: { type: 'string', default: 'bookworm' },
  },
})
const machine = values.root
const project = join(machine, 'opt', 'try')

if (!existsSync(join(machine, 'usr'))) make()
copyFileSync(process.execPath, join(machine, 'usr', 'local', 'bin', 'node'))
rmSync(project, { recursive: true, force: true })
cpSync(join(root, 'scripts', 'try-systemd'), project, { recursive: true })
if (!values.workspace) install()
const runner = values.workspace ? `${SHOWN}/packages/runner/bundle/main.js` : INSTALLED
const files = (positionals.length > 0 ? positionals : ['cases', 'exported']).map(
  (name) => `${name}.mjs`,
)
const units = join(machine, 'etc', 'systemd', 'system')
// Those of a run before it, and what was logged then.
rmSync(join(machine, 'var', 'log', 'journal'), { recursive: true, force: true })
for (const name of readdirSync(units).filter((each) => /^(moody|exported)\d/.test(each))) {
  rmSync(join(units, name), { recursive: true })
}
writeFileSync(join(units, 'try.service'), unitOf(runner, files.join(' ')))
call('systemctl', ['--root', machine, 'enable', '--quiet', 'try.service'])

const ways = ['--boot', '--quiet', '--register=no', '--keep-unit', '--private-network']
if (values.workspace) ways.push(`--bind-ro=${root}:${SHOWN}`)
const { status } = spawnSync('systemd-nspawn', [...ways, '--directory', machine], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
call('cat', [join(project, 'report')])
process.exit(status ?? 1)

/** Makes it whole or not at all. */
function make() {
  const draft = `${machine}.new`
  rmSync(draft, { recursive: true, force: true })
  const ways = ['--variant=minbase', `--include=${INCLUDED}`]
  const { status } = spawnSync('debootstrap', [...ways, values.suite, draft], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status === 0) return renameSync(draft, machine)
  rmSync(draft, { recursive: true, force: true })
  process.exit(UNAVAILABLE)
}

/** As somebody who has it from the registry. */
function install() {
  const packs = join(project, 'packs')
  const pack = ['-y', 'pnpm@12', '--silent', '--filter', 'runnerd', 'pack']
  call('npx', [...pack, '--pack-destination', packs], root)
  const packed = readdirSync(packs).map((name) => join(packs, name))
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  call('npm', ['install', '--silent', ...packed, 'koffi'], project)
}

function call(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
}
