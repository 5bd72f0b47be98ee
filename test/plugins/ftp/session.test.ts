import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { connect, createServer } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ftp } from '@runnerd/ftp'
import { checkPlugin, startService } from '@runnerd/testkit'
import { ftpServer, withAnna } from '../../helpers/ftp-server.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { passwordLine } from '../../helpers/password-line.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

test('ftp is a sound plugin', async () => {
  await checkPlugin(join(ourPlugins, 'ftp', 'dist', 'plugin.js'), { args: ['--port', '0'] })
})

test('ftp listens on localhost only when it is told no endpoint', async (t) => {
  const { service } = await ftpServer(t)
  assert.equal(service.address().host, '127.0.0.1')
})

test('ftp does not start without its root', async (t) => {
  const root = join(tempDir(t), 'none')
  const message = `cannot serve ${root}: no such file or directory`
  const failure = { code: 'ENOENT', message }
  await assert.rejects(startService(ftp, ['--port', '0', '--root', root]), failure)
})

test('ftp refuses options that mean nothing together, naming them', async () => {
  const refused = async (args: string[], message: RegExp): Promise<void> => {
    await assert.rejects(startService(ftp, ['--port', '0', ...args]), {
      code: 'ERR_USAGE',
      message,
    })
  }
  await refused(['--no-anonymous'], /--no-anonymous: nobody could log in/)
  await refused(['--passive-ports', '9-1'], /--passive-ports 9-1: it must be two ports/)
  await refused(['--passive-host', 'here'], /--passive-host here: it must be an IPv4 address/)
  await refused(['--require-tls'], /--require-tls: there is no TLS/)
  await refused(['--write'], /password-file/)
})

test('ftp says of a certificate that is not there that it is the certificate', async (t) => {
  const none = join(tempDir(t), 'none')
  await assert.rejects(startService(ftp, ['--port', '0', '--certificate', none]), {
    code: 'ERR_TLS_FILE_UNREADABLE',
    message: `cannot read the certificate ${none}: no such file or directory`,
  })
})

test('a password file with nobody in it ends the start, but where anonymous may come', async (t) => {
  const users = join(tempDir(t), 'users')
  writeFileSync(users, '# nobody\n', { mode: 0o600 })
  const words = ['--port', '0', '--password-file', users]
  await assert.rejects(startService(ftp, [...words, '--no-anonymous']), {
    code: 'ERR_PASSWORD_FILE_EMPTY',
    message: `cannot use password file ${users}: there is no user in it`,
    hint: `runner passwd ${users} NAME adds a user`,
  })
  const { port, service } = await ftpServer(t, ['--password-file', users])
  await service.line(/nobody can log in by password file .*: there is no user in it$/m)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  writeFileSync(users, passwordLine('anna', 'secret'))
  await talk.say('USER anna')
  assert.match(await talk.say('PASS secret'), /^230 /)
})

test('a password file that can not be used any more lets nobody in, and locks nobody out', async (t) => {
  const words = withAnna(t)
  const { port, service } = await ftpServer(t, words)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  const { 1: users = '' } = words
  const text = readFileSync(users, 'utf8')
  writeFileSync(users, 'anna:secret\n')
  for (let n = 0; n < 4; n += 1) {
    await talk.say('USER anna')
    assert.match(await talk.say('PASS secret'), /^530 No login is possible now/)
  }
  await service.line(/Nobody can log in: cannot use password file .*: line 1 has a password/)
  assert.ok(!service.log.some((line) => /Failed login/.test(line)))
  writeFileSync(users, text)
  await talk.say('USER anna')
  assert.match(await talk.say('PASS secret'), /^230 /)
})

test('LIST says by its letter what a name is, as ls does', async (t) => {
  const { port, root } = await ftpServer(t)
  execFileSync('mkfifo', [join(root, 'pipe')])
  const socket = createServer().listen(join(root, 'socket'))
  await once(socket, 'listening')
  t.after(() => socket.close())
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  const lines = String((await talk.fetch('LIST')).data)
    .trimEnd()
    .split('\r\n')
  const letters = lines.map((line) => `${line[0]} ${line.split(' ').at(-1)}`)
  assert.deepEqual(letters, ['p pipe', '- poem.txt', 's socket', 'd sub'])
})

test('anonymous reads and does not write, whatever the command', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  const { data, replies } = await talk.fetch('RETR poem.txt')
  assert.equal(String(data), 'a poem\r\nof two lines\r\n', 'TYPE A is the default')
  assert.match(replies.join(), /^150 .*,226 Transfer complete/)
  assert.equal(await talk.say('TYPE I'), '200 Type set to I.')
  assert.deepEqual((await talk.fetch('RETR poem.txt')).data, readFileSync(join(root, 'poem.txt')))
  for (const command of ['STOR x', 'APPE poem.txt', 'DELE poem.txt', 'MKD d', 'RMD sub']) {
    assert.equal(await talk.say(command), '550 Permission denied.', command)
  }
  assert.equal(await talk.say('RNFR poem.txt'), '550 Permission denied.')
  assert.equal(await talk.say('RNTO b'), '550 Permission denied.')
})

test('anonymous sees no name with a dot before it; a user of the password file does', async (t) => {
  const { port } = await ftpServer(t, withAnna(t))
  const [anybody, anna] = [await FTPTalk.login(port), await FTPTalk.login(port, 'anna', 'secret')]
  t.after(() => [anybody, anna].map((talk) => talk.close()))
  assert.equal(String((await anybody.fetch('NLST')).data), 'poem.txt\r\nsub\r\n')
  assert.match(await anybody.say('SIZE .hidden'), /^550 .*no such file/)
  assert.equal(String((await anna.fetch('NLST')).data), '.hidden\r\npoem.txt\r\nsub\r\n')
  assert.equal(await anna.say('SIZE .hidden'), '213 7')
})

test('a user of the password file writes with --write, and not without', async (t) => {
  const { port } = await ftpServer(
    t,
    withAnna(t).filter((word) => word !== '--write'),
  )
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  assert.equal(await talk.say('DELE poem.txt'), '550 Permission denied.')
})

test('nothing is done for who has not logged in', async (t) => {
  const { port } = await ftpServer(t)
  const talk = new FTPTalk(port)
  t.after(() => talk.close())
  assert.match(await talk.reply(), /^220 /)
  for (const command of ['LIST', 'RETR poem.txt', 'EPSV', 'PWD', 'STAT', 'CWD sub']) {
    assert.equal(await talk.say(command), '530 Please login with USER and PASS.', command)
  }
  assert.match(await talk.say('PASS me'), /^503 /)
  assert.equal(await talk.say('NOPE'), "502 Command 'NOPE' not implemented")
})

test('a wrong password is refused late, a third one ends the session', async (t) => {
  const { port, service } = await ftpServer(t, withAnna(t))
  const talk = new FTPTalk(port)
  await talk.reply()
  for (const expected of [/^530 /, /^530 /, /^421 /]) {
    await talk.say('USER anna')
    assert.match(await talk.say('PASS wrong'), expected)
  }
  assert.equal(await talk.reply(), 'closed')
  assert.match(await service.line(/Failed login/), /Failed login of anna from 127\.0\.0\.1/)
  const other = new FTPTalk(port)
  await other.reply()
  assert.equal(await other.say('USER nobody'), '331 Password required for nobody.')
  other.close()
})

test('data connections go to nobody but the client, and to no port of a service', async (t) => {
  const { port } = await ftpServer(t)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  assert.match(await talk.say('PORT 127,0,0,2,200,10'), /^504 .*own address/)
  assert.match(await talk.say('PORT 127,0,0,1,0,80'), /^504 .*from 1024/)
  assert.match(await talk.say('EPRT |1|10.0.0.1|5000|'), /^504 /)
  assert.match(await talk.say('EPRT |1|127.0.0.1|25|'), /^504 /)
  assert.match(await talk.say('EPRT |2|::1|5000|'), /^522 .*\(1\)/)
  assert.match(await talk.say('EPRT |3|::1|5000|'), /^522 /)
  for (const bad of ['PORT', 'PORT 1,2,3', 'PORT 1,2,3,4,5,256', 'EPRT x', 'EPRT |1|h|x|']) {
    assert.match(await talk.say(bad), /^501 /, bad)
  }
  assert.match(await talk.say('LIST'), /^503 /)
})

test('PORT has the server connect to the client', async (t) => {
  const { port } = await ftpServer(t)
  const talk = await FTPTalk.login(port)
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => {
    talk.close()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port: mine } = server.address() as { port: number }
  const text = new Promise<string>((resolve) => {
    server.once('connection', (socket) => {
      let got = ''
      socket.on('data', (data) => {
        got += data
      })
      socket.on('end', () => resolve(got))
    })
  })
  assert.match(await talk.say(`PORT 127,0,0,1,${mine >> 8},${mine & 255}`), /^200 /)
  assert.match(await talk.say('NLST'), /^150 /)
  assert.equal(await text, 'poem.txt\r\nsub\r\n')
  assert.match(await talk.reply(), /^226 /)
})

test('a passive port is in the range, and closed to other addresses', async (t) => {
  const { port, service } = await ftpServer(t, [
    ...['--passive-ports', '38500-38599', '--passive-host', '192.0.2.7'],
  ])
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  const [, high, low] = /\(192,0,2,7,(\d+),(\d+)\)/.exec(await talk.say('PASV')) ?? []
  const passive = Number(high) * 256 + Number(low)
  assert.ok(passive >= 38500 && passive <= 38599, String(passive))
  const stranger = connect({ port: passive, host: '127.0.0.1', localAddress: '127.0.0.2' })
  stranger.on('error', () => {})
  const closed = new Promise((resolve) => stranger.on('close', resolve))
  assert.match(await service.line(/Refused a data/), /of 127\.0\.0\.1 to 127\.0\.0\.2/)
  await closed
  const own = connect(passive, '127.0.0.1')
  const text = new Promise<string>((resolve) => {
    let got = ''
    own.on('data', (data) => {
      got += data
    })
    own.on('end', () => resolve(got))
  })
  assert.match(await talk.say('NLST'), /^150 /)
  assert.equal(await text, 'poem.txt\r\nsub\r\n')
})

test('EPSV knows its protocol, and EPSV ALL rules the others out', async (t) => {
  const { port } = await ftpServer(t)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  assert.match(await talk.say('EPSV 1'), /^229 /)
  assert.match(await talk.say('EPSV 2'), /^522 .*\(1\)/)
  assert.match(await talk.say('EPSV ALL'), /^200 /)
  assert.match(await talk.say('PASV'), /^501 /)
  assert.match(await talk.say('PORT 127,0,0,1,200,10'), /^501 /)
  assert.match(await talk.say('EPSV'), /^229 /)
})

test('REST, APPE, SIZE, MDTM, RNFR and the rest do as their RFCs say', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.say('TYPE I')
  assert.match((await talk.send('STOR new', '0123456789'))[1] ?? '', /^226/)
  assert.equal(await talk.say('SIZE new'), '213 10')
  assert.match(await talk.say('MDTM new'), /^213 \d{14}$/)
  assert.match(await talk.say('REST 4'), /^350 /)
  assert.equal(String((await talk.fetch('RETR new')).data), '456789')
  await talk.say('REST 8')
  await talk.send('STOR new', 'ab')
  assert.equal(readFileSync(join(root, 'new'), 'utf8'), '01234567ab')
  await talk.send('APPE new', 'cd')
  assert.equal(readFileSync(join(root, 'new'), 'utf8'), '01234567abcd')
  await talk.say('REST 99')
  assert.match((await talk.fetch('RETR new')).replies[0] ?? '', /^554 /)
  await talk.say('REST 4')
  assert.match((await talk.send('STOR none', 'ab'))[0] ?? '', /^550 none: no such file/)
  assert.match(await talk.say('SIZE none'), /^550 /)
  assert.match(await talk.say('RNTO other'), /^503 /)
  assert.match(await talk.say('RNFR new'), /^350 /)
  assert.match(await talk.say('RNTO other'), /^250 /)
  assert.match(await talk.say('RNFR new'), /^550 .*no such file/)
  assert.match(await talk.say('MKD "quoted"'), /^257 "\/""quoted""" created/)
  assert.equal(await talk.say('CWD "quoted"'), '250 Directory changed.')
  assert.equal(await talk.say('PWD'), '257 "/""quoted"""')
  assert.match(await talk.say('CDUP'), /^250 /)
  assert.match(await talk.say('RMD "quoted"'), /^250 /)
  assert.match(await talk.say('RMD sub'), /^550 .*not empty/)
  assert.match(await talk.say('RMD /'), /^550 /)
  assert.match(await talk.say('DELE other'), /^250 /)
})

test('REIN has a session begin anew, whatever was said in it', async (t) => {
  const { port } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  for (const word of ['CWD sub', 'TYPE I', 'OPTS MLST size', 'RNFR deep.txt', 'EPSV', 'EPSV ALL']) {
    assert.match(await talk.say(word), /^[23]/, word)
  }
  assert.match(await talk.say('REST 5'), /^350 /)
  assert.match(await talk.say('REIN'), /^220 /)
  assert.match(await talk.say('PWD'), /^530 /)
  await talk.say('USER anna')
  assert.match(await talk.say('PASS secret'), /^230 /)
  assert.equal(await talk.say('PWD'), '257 "/"')
  assert.match(await talk.say('RNTO other.txt'), /^503 /)
  assert.match(await talk.say('RETR poem.txt'), /^503 PASV, EPSV/)
  await talk.say('MLST poem.txt')
  assert.match(talk.all, /type=file;size=20;/)
  talk.passive = 'PASV'
  const { data } = await talk.fetch('RETR poem.txt')
  assert.equal(String(data), 'a poem\r\nof two lines\r\n')
})

test('a name that is not in UTF-8 is refused: two of them would be one file', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  for (const name of ['f\u00fcr', 'f\u00f6r']) {
    const data = await talk.data()
    talk.socket.write(Buffer.from(`STOR ${name}\r\n`, 'latin1'))
    assert.equal(await talk.reply(), '500 That line is too long, or not in UTF-8.')
    data.destroy()
    assert.match(await talk.say(`MKD ${name}`), /^257 /)
  }
  assert.deepEqual(readdirSync(root).sort(), ['.hidden', 'f\u00f6r', 'f\u00fcr', 'poem.txt', 'sub'])
})

test('TYPE A writes the ends of lines as this system has them', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.send('STOR text', 'one\r\ntwo\rthree\n\r')
  assert.equal(readFileSync(join(root, 'text'), 'utf8'), 'one\ntwo\rthree\n\r')
})

test('MLSD, MLST and STAT tell what is there', async (t) => {
  const { port } = await ftpServer(t)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  const lines = String((await talk.fetch('MLSD')).data).split('\r\n')
  assert.match(lines[0] ?? '', /^type=cdir;modify=\d{14};perm=el;unix\.mode=0\d{3}; \.$/)
  assert.match(lines[1] ?? '', /^type=file;size=20;modify=\d{14};perm=r;.*; poem\.txt$/)
  assert.match(lines[2] ?? '', /^type=dir;modify=\d{14};perm=el;.*; sub$/)
  await talk.say('OPTS MLST size;nothing;')
  await talk.say('MLST sub/deep.txt')
  assert.match(talk.all, /250-Listing\r\n size=5; \/sub\/deep\.txt\r\n250 End/)
  await talk.say('FEAT')
  assert.match(talk.all, /211-Features:\r\n EPRT\r\n.* MLST type;size\*;.* UTF8\r\n211 End/s)
  await talk.say('STAT sub')
  assert.match(talk.all, /213-Status:\r\n -rw.* 5 .* deep\.txt\r\n213 End/)
  assert.equal(String((await talk.fetch('NLST *.txt')).data), 'poem.txt\r\n')
  assert.equal(String((await talk.fetch('NLST sub')).data), 'sub/deep.txt\r\n')
  assert.match(String((await talk.fetch('LIST -la sub')).data), /^-rw\S+ +1 ftp +ftp +5 .* deep/)
})

test('who says all that he wants, and ends, has every answer; a transfer ends with him', {
  timeout: 120_000,
}, async (t) => {
  const { port, service } = await ftpServer(t, withAnna(t))
  const asking = new FTPTalk(port)
  t.after(() => asking.close())
  asking.socket.end('USER anna\r\nPASS secret\r\nSIZE poem.txt\r\nMDTM poem.txt\r\nPWD\r\n')
  const codes: string[] = []
  for (let reply = ''; reply !== 'closed'; codes.push(reply.slice(0, 3))) {
    reply = await asking.reply()
  }
  assert.deepEqual(codes, ['220', '331', '230', '213', '213', '257', 'clo'])

  const storing = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => storing.close())
  const data = await storing.data()
  t.after(() => data.destroy())
  data.on('error', () => {})
  assert.match(await storing.say('STOR new'), /^150 /)
  storing.socket.end()
  assert.equal(await storing.reply(), 'closed')
  await service.line(/ STOR \/new: failed after 0 bytes/)
  const idle = await FTPTalk.login(port)
  t.after(() => idle.close())
  idle.socket.end()
  assert.equal(await idle.reply(), 'closed')
})

test('what a disk says only when an upload is closed is the one reply to it', async (t) => {
  const { port } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  const { open } = fs
  t.after(() => {
    fs.open = open
    syncBuiltinESMExports()
  })
  fs.open = async (path, ...how) => {
    const file = await open(path, ...how)
    const { close } = file
    if (String(path).endsWith('/new')) {
      file.close = async () => {
        file.close = async () => {}
        await close()
        throw Object.assign(new Error('full'), { code: 'ENOSPC', errno: -constants.errno.ENOSPC })
      }
    }
    return file
  }
  syncBuiltinESMExports()
  const [, reply] = await talk.send('STOR new', 'x')
  assert.equal(reply, '452 new: no space left on device')
  assert.equal(await talk.say('NOOP'), '200 NOOP ok.')
})

test('what has gone is named, also by a command that names no path', async (t) => {
  const { port, root } = await ftpServer(t)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  assert.match(await talk.say('CWD sub'), /^250 /)
  rmSync(join(root, 'sub'), { recursive: true })
  assert.equal(await talk.say('MLST'), '550 /sub: no such file or directory')
  assert.deepEqual((await talk.fetch('LIST')).replies, ['550 /sub: no such file or directory'])
})

test('a list of what is called as flags are is of that, and flags before a path are left out', async (t) => {
  const { port, root } = await ftpServer(t)
  mkdirSync(join(root, '-dir'))
  writeFileSync(join(root, '-dir', 'inside.txt'), '')
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  assert.equal(String((await talk.fetch('NLST -dir')).data), '-dir/inside.txt\r\n')
  assert.match(String((await talk.fetch('LIST -dir')).data), /^-rw\S+ .* inside\.txt\r\n$/)
  await talk.say('STAT -dir')
  assert.match(talk.all, /213-Status:\r\n -rw.* inside\.txt\r\n213 End/)
  assert.equal(String((await talk.fetch('NLST -la sub')).data), 'sub/deep.txt\r\n')
  assert.equal(String((await talk.fetch('NLST -R')).data), '-dir\r\npoem.txt\r\nsub\r\n')
})

test('a port that nobody comes to, and no transfer asks for, is given back after a minute', async (t) => {
  const { port } = await ftpServer(t)
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const open = Number(/\|(\d+)\|\)/.exec(await talk.say('EPSV'))?.[1])
  t.mock.timers.tick(59_999)
  const used = connect(open, '127.0.0.1')
  await once(used, 'connect')
  assert.match(await talk.say('NLST'), /^150 /)
  assert.match(await talk.reply(), /^226 /)
  used.destroy()
  const unused = Number(/\|(\d+)\|\)/.exec(await talk.say('EPSV'))?.[1])
  t.mock.timers.tick(60_000)
  await assert.rejects(once(connect(unused, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
  assert.match(await talk.say('NLST'), /^503 /)
})

test('ABOR ends a transfer that it has come with, before that was ready', async (t) => {
  const { port, root } = await ftpServer(t)
  writeFileSync(join(root, 'big'), Buffer.alloc(30_000_000))
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  for (const before of ['', 'NOOP\r\n']) {
    const data = await talk.data()
    data.on('error', () => {})
    talk.socket.write(`${before}RETR big\r\nABOR\r\nNOOP\r\n`)
    if (before !== '') assert.match(await talk.reply(), /^200 /)
    assert.match(await talk.reply(), /^425 /)
    assert.match(await talk.reply(), /^226 Abort/)
    assert.match(await talk.reply(), /^200 /)
    data.destroy()
  }
  talk.socket.write('RETR none\r\nABOR\r\n')
  assert.match(await talk.reply(), /^5/)
  assert.match(await talk.reply(), /^226 There is no transfer/)
})

test('ABOR ends a transfer that nobody takes, and STAT tells of it', async (t) => {
  const { port, root } = await ftpServer(t)
  writeFileSync(join(root, 'big'), Buffer.alloc(30_000_000))
  const talk = await FTPTalk.login(port)
  t.after(() => talk.close())
  await talk.say('TYPE I')
  const data = await talk.data()
  data.on('error', () => {})
  assert.match(await talk.say('RETR big'), /^150 /)
  assert.match(await talk.say('STAT'), /^213 .* \d+ bytes so far/)
  // As Python's ftplib sends it: its last byte is urgent, and lost.
  talk.socket.write(Buffer.from([255, 244, 255, 242]))
  talk.socket.write('ABOR\r')
  assert.match(await talk.reply(), /^426 /)
  assert.match(await talk.reply(), /^226 Abort/)
  assert.match(await talk.say('NOOP'), /^200 /)
  assert.match(await talk.say('ABOR'), /^226 /)
  data.destroy()
})
