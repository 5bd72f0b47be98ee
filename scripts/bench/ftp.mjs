import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answering, freePort, memoryOf } from './poems.mjs'
import { poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, median, startServer, timeOf } from './timing.mjs'

const HOST = '127.0.0.1'

/** The size of one large file, and how many small ones are fetched in one session. */
const MUCH = 1e9
const MANY = 300

/** What one client of curl gets by FTP, a large file and small ones, beside vsftpd. */
export async function ftp({ node, rounds, work, only }) {
  if (only !== undefined && !'ftp'.includes(only)) return []
  const isRoot = process.getuid() === 0
  if (!isRoot || spawnSync('vsftpd', ['-v']).error !== undefined) {
    console.log(`ftp: ${isRoot ? 'vsftpd is not installed' : 'only root can start vsftpd'}`)
    return []
  }
  const dir = join(work, 'ftp')
  const site = makeSite(dir)
  const servers = await startAll(node, dir, site)
  const found = Object.fromEntries(
    Object.keys(servers).map((name) => [name, { speed: [], rate: [], load: [] }]),
  )
  let memory
  for (let round = -1; round < Math.ceil(rounds / 3); round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      const { speed, rate, load } = measured(server)
      // The first round warms them up.
      if (round < 0) continue
      found[name].speed.push(speed)
      found[name].rate.push(rate)
      found[name].load.push(load)
    }
    memory ??= memoryOf(servers.runner.child.pid)
  }
  const afterwards = memoryOf(servers.runner.child.pid)
  await Promise.all(Object.values(servers).map(({ child }) => endServer(child)))
  const row = (what, unit, key, more) => ({
    what: `ftp, ${what}`,
    unit,
    value: median(found.runner[key]),
    against: 'vsftpd',
    base: median(found.vsftpd[key]),
    ...more,
  })
  return [
    row('get of 1 GB', 'MB/s', 'speed', { least: 0.7 }),
    row('small files of one session', '/s', 'rate', { least: 0.7 }),
    row('CPU for a GB', 'ms', 'load', { against: '', base: undefined }),
    {
      what: 'ftp, memory afterwards',
      unit: 'MB',
      value: afterwards,
      against: 'after the first GB',
      base: memory,
    },
  ]
}

function makeSite(dir) {
  const site = join(dir, 'site')
  mkdirSync(site, { recursive: true })
  mkdirSync(join(dir, 'empty'))
  // It takes no room on a disk, and is read like any other.
  spawnSync('truncate', ['-s', String(MUCH), join(site, 'large.bin')])
  for (let nth = 1; nth <= MANY; nth += 1) writeFileSync(join(site, `small${nth}.txt`), 'a poem\n')
  // vsftpd reads as the user ftp.
  spawnSync('chmod', ['-R', 'a+rX', join(dir, '..')])
  return site
}

async function startAll(node, dir, site) {
  const ours = [
    runnerBin,
    '--nodaemon',
    '--logfile',
    'ftp.log',
    '--pidfile=',
    'ftp',
    '--root',
    site,
  ]
  const commands = {
    runner: (port) => [node.path, [...ours, '--port', String(port)]],
    vsftpd: (port) => ['vsftpd', [vsftpdConfig(dir, site, port)]],
  }
  const env = { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin }
  const servers = {}
  for (const [name, command] of Object.entries(commands)) {
    const port = await freePort()
    const [program, args] = command(port)
    const start = () => spawn(program, args, { cwd: dir, env, stdio: 'ignore' })
    servers[name] = { port, child: await startServer(start, () => answering(port)) }
  }
  return servers
}

function vsftpdConfig(dir, site, port) {
  const settings = {
    listen: 'YES',
    listen_address: HOST,
    listen_port: port,
    background: 'NO',
    anonymous_enable: 'YES',
    local_enable: 'NO',
    anon_root: site,
    secure_chroot_dir: join(dir, 'empty'),
    seccomp_sandbox: 'NO',
    connect_from_port_20: 'NO',
  }
  const file = join(dir, 'vsftpd.conf')
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''))
  return file
}

function measured({ port, child }) {
  const at = `ftp://${HOST}:${port}`
  const idle = cpuOf(child.pid)
  const took = timeOf('curl', ['-sS', '-o', '/dev/null', `${at}/large.bin`])
  const load = (cpuOf(child.pid) - idle) / (MUCH / 1e9)
  const names = `${at}/small[1-${MANY}].txt`
  const tookMany = timeOf('curl', ['-sS', '-o', '/dev/null', '--no-progress-meter', names])
  return { speed: MUCH / 1000 / took, rate: (MANY * 1000) / tookMany, load }
}

/** Milliseconds of CPU that a process has used. */
function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const times = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  // In hundredths of a second on every Linux.
  return times.reduce((sum, time) => sum + Number(time), 0) * 10
}
