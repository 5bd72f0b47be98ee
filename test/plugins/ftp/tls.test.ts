import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as secure, type TLSSocket } from 'node:tls'
import { ftp } from '@runnerd/ftp'
import { startService } from '@runnerd/testkit'
import { withAnna } from '../../helpers/ftp-server.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { pemChain } from '../../helpers/pem-chain.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const skip = hasCommand('openssl') ? false : 'openssl is not there'

interface Secured {
  readonly root: string
  readonly talk: FTPTalk
  /** Agrees on keys over a data connection, as somebody who trusts the root alone. */
  agree(socket: Socket, version?: 'TLSv1.2' | 'TLSv1.3'): Promise<TLSSocket>
}

/** A session of anna's with TLS from its first byte on, and so on its data connections. */
async function secured(t: TestContext, words = ''): Promise<Secured> {
  const dir = tempDir(t)
  const root = tempDir(t)
  const pem = pemChain(dir)
  const more = `interface=127.0.0.1:extraCertChain=${pem.intermediate}${words}`
  // By place, as an operator may write them.
  const endpoint = `ssl:0:${pem.key}:${pem.cert}:${more}`
  const service = await startService(ftp, withAnna(t, '--listen', endpoint, '--root', root))
  t.after(() => service.stop())
  const { port } = service.address()
  const trusting = { ca: readFileSync(pem.root), servername: 'localhost' }
  const talk = new FTPTalk(port, '', secure({ port, host: '127.0.0.1', ...trusting }))
  t.after(() => talk.close())
  await talk.reply()
  await talk.say('USER anna')
  assert.match(await talk.say('PASS secret'), /^230 /)
  await talk.say('TYPE I')
  return {
    root,
    talk,
    async agree(socket, version) {
      const limits = version && { minVersion: version, maxVersion: version }
      const over = secure({ socket, ...trusting, ...limits })
      over.on('error', () => {})
      await once(over, 'secureConnect')
      return over
    },
  }
}

test('a data connection has what the ssl: endpoint says: the chain, the version', {
  skip,
}, async (t) => {
  const { root, talk, agree } = await secured(t, ':sslmethod=TLSv1_2_METHOD')
  writeFileSync(join(root, 'poem.txt'), 'a poem\n')
  const refused = await talk.data()
  talk.socket.write('RETR poem.txt\r\n')
  assert.match(await talk.reply(), /^150 /)
  await assert.rejects(agree(refused, 'TLSv1.3'))
  assert.match(await talk.reply(), /^426 /)
  const data = await talk.data()
  talk.socket.write('RETR poem.txt\r\n')
  assert.match(await talk.reply(), /^150 /)
  const over = await agree(data)
  assert.deepEqual([over.authorized, over.getProtocol()], [true, 'TLSv1.2'])
  let text = ''
  for await (const chunk of over) text += chunk
  assert.equal(text, 'a poem\n')
  assert.match(await talk.reply(), /^226 /)
})

test('REIN, which would have to end TLS, is refused with it, and changes nothing', {
  skip,
}, async (t) => {
  const { talk } = await secured(t)
  assert.match(await talk.say('REIN'), /^502 /)
  assert.equal(await talk.say('PWD'), '257 "/"')
})

/** How far a transfer is when it is cut. */
const stages: readonly [
  when: string,
  command: string,
  reach: (way: Secured) => Promise<unknown>,
][] = [
  [
    'before the client has come',
    'RETR big',
    async ({ talk }) => {
      await talk.say('EPSV')
      talk.socket.write('RETR big\r\n')
    },
  ],
  [
    'before keys are agreed on',
    'RETR big',
    async ({ talk }) => {
      const data = await talk.data()
      data.on('error', () => {})
      assert.match(await talk.say('RETR big'), /^150 /)
    },
  ],
  [
    'half-way',
    'RETR big',
    async ({ talk, agree }) => {
      const data = await talk.data()
      assert.match(await talk.say('RETR big'), /^150 /)
      await once(await agree(data), 'readable')
    },
  ],
  [
    'half-way',
    'STOR new',
    async ({ talk, agree }) => {
      const data = await talk.data()
      assert.match(await talk.say('STOR new'), /^150 /)
      const over = await agree(data)
      await new Promise((resolve) => over.write('half', resolve))
    },
  ],
]

for (const [when, command, reach] of stages) {
  test(`ABOR of ${command} under TLS, ${when}, ends it and nothing else`, { skip }, async (t) => {
    const way = await secured(t)
    const { root, talk, agree } = way
    writeFileSync(join(root, 'poem.txt'), 'a poem\n')
    writeFileSync(join(root, 'big'), '')
    truncateSync(join(root, 'big'), 1e9)
    await reach(way)
    talk.socket.write('ABOR\r\n')
    assert.match(await talk.reply(), /^42[56] /)
    assert.match(await talk.reply(), /^226 Abort/)
    const data = await talk.data()
    assert.match(await talk.say('RETR poem.txt'), /^150 /)
    let text = ''
    for await (const chunk of await agree(data)) text += chunk
    assert.equal(text, 'a poem\n')
    assert.match(await talk.reply(), /^226 Transfer/)
  })
}
