import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CannotListenError, TCPServer } from '@runnerd/internet'
import { startRival } from './rival.ts'

const onLinux = { skip: process.platform !== 'linux' }

async function failureOf(port: number, interfaceName: string): Promise<CannotListenError> {
  const server = new TCPServer(port, () => {}, { interface: interfaceName })
  try {
    await server.startService()
  } catch (error) {
    assert.ok(error instanceof CannotListenError)
    assert.deepEqual([server.running, server.address()], [false, undefined])
    return error
  } finally {
    await server.stopService()
  }
  throw new assert.AssertionError({ message: 'it listens' })
}

describe('CannotListenError', () => {
  it('CannotListenError names the process that has the port', onLinux, async () => {
    const holder = new TCPServer(0, () => {}, { interface: 'localhost' })
    await holder.startService()
    const port = holder.address()?.port ?? 0
    for (const interfaceName of ['localhost', '', '::']) {
      const error = await failureOf(port, interfaceName)
      assert.deepEqual(error.holder?.pid, process.pid)
      assert.match(
        error.message,
        new RegExp(
          `^cannot listen on .*:${port}: address already in use by .+ \\(pid ${process.pid}\\)$`,
        ),
      )
      assert.deepEqual(
        [error.code, error.cause.code, error.port],
        ['ERR_CANNOT_LISTEN', 'EADDRINUSE', port],
      )
    }
    assert.equal((await failureOf(port, 'localhost')).interface, '127.0.0.1')
    await holder.stopService()
  })

  it('CannotListenError names another process', onLinux, async () => {
    const rival = await startRival(0, '::1')
    const error = await failureOf(rival.port, '::1')
    assert.equal(error.holder?.pid, rival.pid)
    assert.match(error.message, /^cannot listen on \[::1\]:\d+: address already in use by /)
    await rival.stop()
  })

  it('CannotListenError names the process that has the port of this address', onLinux, async () => {
    const rival = await startRival(0, '127.0.0.2')
    const own = new TCPServer(rival.port, () => {}, { interface: 'localhost' })
    await own.startService()
    assert.equal((await failureOf(rival.port, '127.0.0.2')).holder?.pid, rival.pid)
    assert.equal((await failureOf(rival.port, '127.0.0.1')).holder?.pid, process.pid)
    await own.stopService()
    await rival.stop()
  })

  it(
    'CannotListenError names who began to listen while the port was only bound',
    onLinux,
    async () => {
      const server = new TCPServer(0, () => {}, { interface: 'localhost' })
      await server.privilegedStartService()
      const rival = await startRival(server.address()?.port ?? 0, '127.0.0.1')
      await assert.rejects(server.startService(), (error: CannotListenError) => {
        assert.equal(error.holder?.pid, rival.pid)
        return true
      })
      await rival.stop()
    },
  )

  it('CannotListenError says so when the machine has no such address', async () => {
    const error = await failureOf(0, '192.0.2.1')
    assert.equal(error.message, 'cannot listen on 192.0.2.1:0: this machine has no such address')
    assert.deepEqual([error.cause.code, error.holder], ['EADDRNOTAVAIL', undefined])
  })

  it('CannotListenError says so when there is no such host', async () => {
    const error = await failureOf(10000, 'no-such-host.invalid')
    assert.match(error.message, /^cannot listen on no-such-host\.invalid:10000: /)
    assert.equal(error.cause.syscall, 'getaddrinfo')
  })

  it('CannotListenError hints at root for a low port that is not permitted', () => {
    const cause = Object.assign(new Error('bind EACCES'), { code: 'EACCES' })
    const low = new CannotListenError({ interface: '0.0.0.0', port: 80, cause })
    assert.equal(low.message, 'cannot listen on 0.0.0.0:80: permission denied')
    assert.match(low.hint ?? '', /ports below 1024 need root/)
    const high = new CannotListenError({ interface: '0.0.0.0', port: 8080, cause })
    assert.equal(high.hint, undefined)
  })
})
