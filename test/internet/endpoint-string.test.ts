import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type IStreamServerEndpointStringParser,
  quoteStringArgument,
  serverFromString,
  UDPServer,
} from '@runnerd/internet'
import { addEndpointType, checkEndpointString, splitEndpoint } from '@runnerd/internet/endpoints'
import fc from 'fast-check'

/** What a type of a third party is given. */
function given(description: string): { args: readonly string[]; keywords: object } {
  const { args, keywords } = splitEndpoint(description)
  return { args, keywords: { ...keywords } }
}

function refuses(description: string, message: string, hint?: string): void {
  assert.throws(() => serverFromString(description), { code: 'ERR_USAGE', message, hint })
}

/** Texts with many of the characters that mean something. */
const text = fc.string({
  unit: fc.oneof(fc.constantFrom(':', '=', '\\'), fc.string({ maxLength: 1 })),
})
const description = fc.oneof(
  text,
  fc
    .tuple(fc.constantFrom('tcp', 'tcp6', 'unix', 'systemd', 'fd', 'probe'), text)
    .map((all) => all.join(':')),
  fc
    .tuple(
      fc.constantFrom('tcp:80', 'tcp6:80', 'unix:/x', 'systemd:domain=INET', 'fd:3'),
      fc.constantFrom(
        'interface',
        'backlog',
        'mode',
        'lockfile',
        'index',
        'name',
        'port',
        'path',
        '__proto__',
      ),
      text,
    )
    .map(([first, name, value]) => `${first}:${name}=${value}`),
)

describe('an endpoint string', () => {
  it('is separated by colons, and a word with = is a keyword', () => {
    assert.deepEqual(given('probe:a:b=c:d'), { args: ['a', 'd'], keywords: { b: 'c' } })
    assert.deepEqual(given('probe'), { args: [], keywords: {} })
    assert.deepEqual(given('probe::=x:'), { args: ['', ''], keywords: { '': 'x' } })
  })

  it("takes Twisted's other word for the path of a UNIX socket", () => {
    assert.doesNotThrow(() => serverFromString('unix:address=/x:mode=660'))
  })

  it("takes arguments by place in the order of Twisted's parameters", () => {
    for (const right of ['tcp:80::50', 'tcp:80:127.0.0.1:50', 'tcp6:80:50', 'tcp6:80:50:\\:\\:1']) {
      assert.doesNotThrow(() => serverFromString(right), right)
    }
    refuses(
      'tcp:80:127.0.0.1:x',
      'cannot use tcp:80:127.0.0.1:x: the backlog must be a number, not x',
    )
    refuses('tcp6:80:x', 'cannot use tcp6:80:x: the backlog must be a number, not x')
  })

  it('takes a character after \\ for what it is', () => {
    assert.deepEqual(given(String.raw`probe:\:\::a\=b:\\:c\d`).args, ['::', 'a=b', '\\', 'cd'])
    assert.deepEqual(given(String.raw`probe:a\:b=c\:d`).keywords, { 'a:b': 'c:d' })
  })

  it('has only its first = split a word', () => {
    assert.deepEqual(given('probe:query=a=b=c').keywords, { query: 'a=b=c' })
  })

  it('gives back each value that quoteStringArgument has quoted, as argument and keyword', () => {
    fc.assert(
      fc.property(text, text, fc.string({ minLength: 1 }), (one, two, name) => {
        const quoted = `probe:${quoteStringArgument(one)}:${quoteStringArgument(name)}=${quoteStringArgument(two)}`
        const { args, keywords } = splitEndpoint(quoted)
        assert.deepEqual(args, [one])
        assert.deepEqual(Object.entries(keywords), [[name, two]])
      }),
    )
  })

  it('makes an endpoint or a usage error of one line, whatever it is', () => {
    fc.assert(
      fc.property(description, (each) => {
        try {
          serverFromString(each)
          assert.equal(checkEndpointString(each, 'server'), undefined)
        } catch (error) {
          const { code, message } = error as Error & { code?: string }
          assert.equal(code, 'ERR_USAGE')
          assert.match(message, /^cannot use .*: ./)
          assert.doesNotMatch(message, /[\n\r\0]/)
        }
      }),
      { numRuns: 2000 },
    )
  })

  for (const [bad, reason] of [
    ['tcp:53', 'there is no endpoint type tcp'],
    ['udp:', 'the port is missing'],
    ['udp:53:backlog=5', 'unknown keyword backlog; udp: takes port and interface'],
    ['udp6:53:interface=127.0.0.1', 'the interface 127.0.0.1 is not of IPv6'],
    ['systemd:domain=INET', 'it needs either an index or a name'],
  ] as const) {
    it(`${bad} is refused for datagrams: ${reason}`, () => {
      const message = `cannot use ${bad}: ${reason}`
      assert.throws(() => new UDPServer(bad, () => {}), { code: 'ERR_USAGE', message })
      assert.throws(() => checkEndpointString(bad, 'datagram'), { code: 'ERR_USAGE', message })
    })
  }

  it('is found right or wrong by a check of each kind, and nothing else comes of it', () => {
    const kinds = ['server', 'client', 'datagram'] as const
    const prefixes = fc.constantFrom('tcp', 'ssl:443', 'tls:a:1', 'udp', 'udp6:1', 'unix:x', 'zz')
    const strings = fc.oneof(
      description,
      fc.tuple(prefixes, text).map((all) => all.join(':')),
    )
    fc.assert(
      fc.property(strings, fc.constantFrom(...kinds), (each, kind) => {
        try {
          assert.match(checkEndpointString(each, kind) ?? 'none', /^[A-Za-z]/)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ERR_USAGE')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is given to the parser of its prefix, taken apart', () => {
    const calls: unknown[] = []
    const probe: IStreamServerEndpointStringParser = {
      prefix: 'probe',
      parseStreamServer(args, keywords) {
        calls.push([[...args], { ...keywords }])
        return serverFromString('tcp:0')
      },
    }
    addEndpointType(probe)
    serverFromString('probe:a:b=c')
    assert.deepEqual(calls, [[['a'], { b: 'c' }]])
  })

  it('is an error of its type where the parser returns nothing', () => {
    addEndpointType({ prefix: 'none', parseStreamServer: () => undefined as never })
    const message = 'parseStreamServer of the type none has returned no endpoint'
    assert.throws(() => serverFromString('none:1'), { name: 'TypeError', message })
  })

  it('without a type, or with an unknown one, is refused with what may have been meant', () => {
    refuses('', 'cannot use "": it does not begin with a type, such as tcp:')
    refuses('port=80', 'cannot use port=80: it does not begin with a type, such as tcp:')
    refuses('8080', 'cannot use 8080: there is no endpoint type 8080', 'tcp:8080 is a port')
    refuses(
      '/run/x',
      'cannot use /run/x: there is no endpoint type /run/x',
      'unix:/run/x is a path',
    )
    assert.throws(() => serverFromString('zz:1'), /there is no endpoint type zz/)
  })

  const takes = 'takes port, interface and backlog'
  const colon = String.raw`a ':' in a value is written '\:'`
  const method = 'the sslmethod must be TLS_METHOD, SSLv23_METHOD, TLSv1_2_METHOD or TLSv1_3_METHOD'
  for (const [bad, reason, hint] of [
    ['tcp', 'the port is missing'],
    ['tcp:', 'the port is missing'],
    ['tcp:99999', 'the port must be a number from 0 to 65535, not 99999'],
    ['tcp:-1', 'the port must be a number from 0 to 65535, not -1'],
    ['tcp:http', 'the port must be a number from 0 to 65535, not http'],
    ['tcp:8 0', 'the port must be a number from 0 to 65535, not "8 0"'],
    ['tcp:80:iface=x', `unknown keyword iface; tcp: ${takes}`],
    ['tcp:80:port=81', 'port is given twice', colon],
    ['tcp:80:interface=a:interface=b', 'interface is given twice', colon],
    ['tcp6:80:interface=::1', 'interface is given twice', colon],
    ['tcp:80:a:1:b', `b is one argument too many; tcp: ${takes}`, colon],
    ['tcp:80:backlog=many', 'the backlog must be a number, not many'],
    ['tcp:80\\', "it ends with a '\\' that escapes nothing"],
    ['tcp6:80:interface=127.0.0.1', 'the interface 127.0.0.1 is not of IPv6', 'tcp: is for IPv4'],
    ['ssl:443:sslmethod=TLSv1_METHOD', `${method}, not TLSv1_METHOD`],
    ['ssl:443:privateKey=', 'the privateKey is missing'],
    ['unix:', 'the path is missing'],
    ['unix:/x:address=/y', 'path is given twice', colon],
    ['unix:path=/x:address=/y', 'path is given twice', colon],
    ['unix:/x:mode=888', 'the mode must be an octal number of at most 777, not 888'],
    ['unix:/x:mode=4777', 'the mode must be an octal number of at most 777, not 4777'],
    ['unix:/x:lockfile=yes', 'the lockfile must be 0 or 1, not yes'],
    ['systemd:', 'the domain is missing'],
    ['systemd:domain=IPX:index=0', 'the domain must be INET, INET6 or UNIX, not IPX'],
    ['systemd:domain=INET', 'it needs either an index or a name'],
    ['systemd:domain=INET:index=0:name=x', 'it needs either an index or a name'],
    ['systemd:domain=INET:index=first', 'the index must be a number, not first'],
    ['fd:', 'the descriptor is missing'],
    ['fd:stdin', 'the descriptor must be a number, not stdin'],
  ] as const) {
    it(`${bad} is refused: ${reason}`, () => {
      const shown = bad.includes(' ') ? JSON.stringify(bad) : bad
      refuses(bad, `cannot use ${shown}: ${reason}`, hint)
      assert.throws(() => checkEndpointString(bad, 'server'), { code: 'ERR_USAGE' })
    })
  }
})
