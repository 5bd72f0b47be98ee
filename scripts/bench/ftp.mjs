import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { flatMemory } from './flat-memory.mjs'
import { cpuOf } from './poems.mjs'
import { runnerCommand } from './programs.mjs'
import { endAll, startAll } from './start-all.mjs'
import { median, timeOf } from './timing.mjs'

const HOST = '127.0.0.1'

/** The size of one large file, and how many small ones are fetched in one session. */
const MUCH = 1e9
const MANY = 300

/** How many sessions at a time fetch the small files for a look at the memory. */
const SESSIONS = 4

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
  const words = (port) => ['ftp', '--root', site, '--port', port]
  const servers = await startAll(dir, {
    runner: (port) => runnerCommand(node, ...words(port)),
    vsftpd: (port) => ['vsftpd', [vsftpdConfig(dir, site, port)]],
  })
  const found = Object.fromEntries(
    Object.keys(servers).map((name) => [name, { speed: [], rate: [], load: [] }]),
  )
  for (const { port } of Object.values(servers)) warmUp(port)
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      const { speed, rate, load } = measured(server)
      found[name].speed.push(speed)
      found[name].rate.push(rate)
      found[name].load.push(load)
    }
  }
  await endAll(servers)
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
    await flatMemory('ftp', { node, dir }, words, load),
  ]
}

function makeSite(dir) {
  const site = join(dir, 'site')
  mkdirSync(site, { recursive: true })
  mkdirSync(join(dir, 'empty'), { recursive: true })
  // It takes no room on a disk, and is read like any other.
  spawnSync('truncate', ['-s', String(MUCH), join(site, 'large.bin')])
  for (let nth = 1; nth <= MANY; nth += 1) writeFileSync(join(site, `small${nth}.txt`), 'a poem\n')
  // vsftpd reads as the user ftp.
  spawnSync('chmod', ['-R', 'a+rX', join(dir, '..')])
  return site
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

/** V8 has compiled what small files need after some thousands of them. */
function warmUp(port) {
  timeOf('curl', largeFile(port))
  for (let nth = 0; nth < 10; nth += 1) timeOf('curl', smallFiles(port))
}

function measured({ port, child }) {
  const idle = cpuOf(child.pid)
  const took = timeOf('curl', largeFile(port))
  const load = (cpuOf(child.pid) - idle) / 1000 / (MUCH / 1e9)
  const tookMany = timeOf('curl', smallFiles(port))
  return { speed: MUCH / 1000 / took, rate: (MANY * 1000) / tookMany, load }
}

async function load(port) {
  const get = promisify(execFile)
  await get('curl', largeFile(port))
  await Promise.all(Array.from({ length: SESSIONS }, () => get('curl', smallFiles(port))))
}

function largeFile(port) {
  return ['-sS', '-o', '/dev/null', `ftp://${HOST}:${port}/large.bin`]
}

function smallFiles(port) {
  const names = `ftp://${HOST}:${port}/small[1-${MANY}].txt`
  return ['-sS', '-o', '/dev/null', '--no-progress-meter', names]
}
