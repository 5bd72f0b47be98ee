import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import packet from 'dns-packet'
import { activated } from '../../helpers/activated.ts'
import { freePort } from '../../helpers/free-port.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { type Daemon, daemon, type Ended, gone, runner, send } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { decode, framed, messagesIn, query, told, zone } from './ask.ts'
import { type Asked, address, upstream } from './upstream.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }

/** A client of the system that a test is skipped without; in CI there are all. */
function needs(command: string): { skip: string | false } {
  return { skip: hasCommand(command) ? false : `needs ${command}` }
}

/** Runs a client of the system to its end. */
async function run(command: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(command, args)
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, ...text }))
  })
}

interface Served extends Daemon {
  readonly cwd: string
  readonly port: number
  /** What dig prints, without what it says of itself. */
  dig(...words: string[]): Promise<string>
}

async function served(
  t: TestContext,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Promise<Served> {
  const cwd = tempDir(t)
  const port = await freePort()
  writeFileSync(join(cwd, 'example.org.zone'), zone)
  const words = ['dns', '--port', String(port), '--zone', 'example.org.zone', ...after]
  const started = await daemon(t, [...before, ...words], { cwd, env })
  const dig = async (...words: string[]): Promise<string> => {
    const args = ['@127.0.0.1', '-p', String(port), '+timeout=30', ...words]
    return (await run('dig', args)).stdout
  }
  return { ...started, cwd, port, dig }
}

test(
  'dig gets what the zone has, by UDP, by TCP, and by TCP after UDP',
  needs('dig'),
  async (t) => {
    const { dig, stop, log } = await served(t, ['--log-level', 'debug'])
    for (const way of ['+notcp', '+tcp']) {
      assert.equal(await dig('www.example.org', '+short', way), 'web.example.org.\n192.0.2.80\n')
    }
    assert.match(
      await dig('svc.example.org', 'HTTPS', '+short'),
      /^1 \. alpn="h2,h3" port=8443 ipv4hint=192\.0\.2\.80\n$/,
    )
    const big = await dig('big.example.org', 'TXT')
    assert.match(big, /;; Truncated, retrying in TCP mode\./)
    assert.match(big, /ANSWER: 1,/)
    const gone = await dig('nowhere.example.org')
    assert.match(gone, /status: NXDOMAIN/)
    assert.match(gone, /flags: qr aa rd;/)
    assert.match(gone, /AUTHORITY SECTION:\nexample\.org\.\s+300\s+IN\s+SOA\s/)
    const below = await dig('host.sub.example.org')
    assert.match(below, /flags: qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 2, ADDITIONAL: 2/)
    assert.match(await dig('+edns=9', '+noednsnegotiation', 'example.org'), /status: BADVERS/)
    assert.match(await dig('+opcode=update', 'example.org'), /opcode: UPDATE, status: NOTIMP/)
    assert.match(await dig('example.com'), /status: REFUSED/)
    assert.match(await dig('AXFR', 'example.org'), /; Transfer failed\./)
    // Several by one connection, and the zone as it was, from what is transferred.
    const several = await dig('+tcp', '+keepopen', '+short', 'ns1.example.org', 'mail.example.org')
    assert.equal(several, '192.0.2.1\n192.0.2.25\n')
    await stop()
    const line =
      /\[DNS\] www\.example\.org\. A asked by 127\.0\.0\.1:\d+ by UDP: NOERROR, 2 records\n/
    assert.match(log(), line)
    assert.match(log(), / ns1\.example\.org\. A asked by .* by TCP: NOERROR, 1 record\n/)
  },
)

test(
  'dig asks over TLS and transfers a zone, and so does who asks for no protocol',
  needs('dig'),
  async (t) => {
    const cwd = tempDir(t)
    const [port, { key, cert }] = [await freePort(), pemFiles(cwd)]
    writeFileSync(join(cwd, 'example.org.zone'), zone)
    const listen = `tls:${port}:interface=127.0.0.1:privateKey=${key}:certKey=${cert}`
    const words = ['dns', '--listen', listen, '--zone', 'example.org.zone']
    await daemon(t, [...words, '--allow-transfer', 'loopback'], { cwd, env })
    const where = ['@127.0.0.1', '-p', String(port), '+timeout=30', '+tls']
    const dig = async (...args: string[]): Promise<string> =>
      (await run('dig', [...where, ...args])).stdout
    assert.equal(await dig('web.example.org', '+short'), '192.0.2.80\n')
    const transferred = await dig('AXFR', 'example.org')
    assert.match(transferred, /^mail\.example\.org\.\s+3600\s+IN\s+A\s+192\.0\.2\.25$/m)
    assert.match(transferred, /^;; XFR size: \d+ records/m)
    const plain = connect({
      port,
      host: '127.0.0.1',
      ca: readFileSync(cert),
      servername: 'localhost',
    })
    plain.write(framed(query('web.example.org', 'A')))
    const [answer] = (await once(plain, 'data')) as [Buffer]
    plain.destroy()
    assert.deepEqual(told(decode(messagesIn(answer)[0]).answers), ['web.example.org A 192.0.2.80'])
  },
)

test('dnsperf loses no query to reloads, with or without workers', needs('dnsperf'), async (t) => {
  for (const [workers, serials] of [
    [[], ['02', '03']],
    [['--workers', '2'], ['02']],
  ] as const) {
    const { cwd, port, dig } = await served(t, workers)
    writeFileSync(join(cwd, 'queries'), 'www.example.org A\nexample.org MX\nnot.example.org A\n')
    const where = ['-s', '127.0.0.1', '-p', String(port), '-d', join(cwd, 'queries')]
    const limits = ['-l', '4', '-Q', '300', '-c', '4', '-t', '30']
    const udp = run('dnsperf', [...where, ...limits])
    const tcp = run('dnsperf', ['-m', 'tcp', ...where, ...limits])
    for (const serial of serials) {
      writeFileSync(join(cwd, 'example.org.zone'), zone.replace('2026010101', `20260101${serial}`))
      assert.equal((await runner(['reload'], { cwd, env })).status, 0)
      if (hasCommand('dig')) {
        assert.ok((await dig('example.org', 'SOA', '+short')).includes(` 20260101${serial} `))
      }
    }
    for (const { stdout } of [await udp, await tcp]) {
      assert.match(stdout, /Queries sent: +[1-9]/)
      assert.match(stdout, /Queries lost: +0 /)
    }
  }
})

test('a zone that became wrong is told of at a reload, and the old one is served on', async (t) => {
  const { cwd, dig } = await served(t)
  writeFileSync(join(cwd, 'example.org.zone'), `${zone}wrong A 192.0.2.999\n`)
  const { status, stderr } = await runner(['reload'], { cwd, env })
  const line = zone.split('\n').length
  assert.match(
    stderr,
    new RegExp(`^runner: .*example\\.org\\.zone:${line}: 192\\.0\\.2\\.999 is no`),
  )
  assert.equal(status, 78)
  if (hasCommand('dig')) assert.equal(await dig('web.example.org', '+short'), '192.0.2.80\n')
})

test('a reload waits for an answer that another server still owes', needs('dig'), async (t) => {
  const held: Asked[] = []
  const there = await upstream(t, (asked) => {
    held.push(asked)
    return undefined
  })
  const words = ['--forward', `127.0.0.1:${there.port}`, '--forward-timeout', '60']
  const { cwd, dig, log, logfile } = await served(t, [], words)
  const answered = dig('example.com', '+short')
  const asked = await waitFor('the question', () => held[0])
  const reloaded = runner(['reload'], { cwd, env })
  await waitFor(logfile, () => (/Generation 2 .* has taken over/.test(log()) ? true : undefined))
  there.send(packet.encode(address(asked, '192.0.2.1', 300)), asked.from)
  assert.equal(await answered, '192.0.2.1\n')
  assert.equal((await reloaded).status, 0)
})

test('a service manager may bind the ports, of both kinds', needs('dig'), async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  writeFileSync(join(cwd, 'example.org.zone'), zone)
  const endpoints = [0, 1].map((index) => `systemd:domain=INET:index=${index}`)
  const listens = endpoints.flatMap((endpoint) => ['--listen', endpoint])
  const { status, stderr } = await activated(['dns', ...listens, '--zone', 'example.org.zone'], {
    ...{ cwd, env },
    sockets: [`udp=${port}`, `tcp=${port}`],
    names: ['datagrams', 'streams'],
  })
  assert.equal(status, 0, stderr)
  const pid = Number(readFileSync(join(cwd, 'runner.pid'), 'utf8'))
  t.after(async () => {
    send(pid, 'SIGTERM')
    await gone(pid)
  })
  for (const way of ['+notcp', '+tcp']) {
    const args = ['@127.0.0.1', '-p', String(port), '+timeout=30', '+short', way]
    assert.equal((await run('dig', [...args, 'web.example.org'])).stdout, '192.0.2.80\n')
  }
  assert.equal((await runner(['reload'], { cwd, env })).status, 0)
  const args = ['@127.0.0.1', '-p', String(port), '+timeout=30', '+short']
  assert.equal((await run('dig', [...args, 'web.example.org'])).stdout, '192.0.2.80\n')
})
