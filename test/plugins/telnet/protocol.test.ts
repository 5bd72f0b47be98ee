import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type * as Local from '../../../plugins/telnet/dist/is-local.d.ts'
import type * as Encoder from '../../../plugins/telnet/dist/telnet-encoder.d.ts'
import type * as Options from '../../../plugins/telnet/dist/telnet-options.d.ts'
import type * as Parser from '../../../plugins/telnet/dist/telnet-parser.d.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { corpus } from './telnet-corpus.ts'

async function part<T>(name: string): Promise<T> {
  return await import(pathToFileURL(join(ourPlugins, 'telnet', 'dist', `${name}.js`)).href)
}

const { TelnetParser } = await part<typeof Parser>('telnet-parser')
const { TelnetEncoder } = await part<typeof Encoder>('telnet-encoder')
const { TelnetOptions } = await part<typeof Options>('telnet-options')
const { isLocal } = await part<typeof Local>('is-local')

const [WILL, WONT, DO, DONT] = [251, 252, 253, 254] as const

/** What a parser makes of chunks, neighbouring data joined. */
function heard(chunks: readonly (readonly number[] | Uint8Array)[], isBinary = false): unknown[] {
  const events: unknown[][] = []
  const parser = new TelnetParser({
    data(bytes) {
      const last = events.at(-1)
      if (last?.[0] === 'data') last[1] = [...(last[1] as number[]), ...bytes]
      else events.push(['data', [...bytes]])
    },
    command: (code) => events.push(['command', code]),
    negotiation: (verb, option) => events.push(['negotiation', verb, option]),
    subnegotiation: (option, bytes) => events.push(['subnegotiation', option, [...bytes]]),
  })
  parser.isBinary = isBinary
  for (const chunk of chunks) parser.write(Uint8Array.from(chunk))
  return events
}

const anyByte = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
  { weight: 3, arbitrary: fc.constantFrom(255, 255, 250, 240, 251, 253, 13, 10, 0, 24, 31) },
)
const garbage = fc.array(anyByte, { maxLength: 600 })

describe('a TelnetParser', () => {
  for (const { name, bytes, means } of corpus) {
    it(`takes ${name} apart, in one piece and byte by byte`, () => {
      assert.deepEqual(heard([bytes]), means)
      assert.deepEqual(heard(bytes.map((byte) => [byte])), means)
    })
  }

  it('makes the same of any bytes, however they are cut', () => {
    fc.assert(
      fc.property(garbage, fc.array(fc.integer({ min: 1, max: 50 })), (bytes, cuts) => {
        const chunks: number[][] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(bytes.slice(at, at + cut))
          at += cut
        }
        assert.deepEqual(heard([...chunks, bytes.slice(at)]), heard([bytes]))
      }),
    )
  })

  it('gives no more than came, and no subnegotiation that is too long', () => {
    fc.assert(
      fc.property(garbage, (bytes) => {
        for (const [kind, , rest] of heard([bytes]) as [string, unknown, number[]?][]) {
          if (kind === 'subnegotiation') assert.ok((rest?.length ?? 0) <= 256)
        }
        assert.ok(JSON.stringify(heard([bytes])).length < 40 * (bytes.length + 1))
      }),
    )
    const long = [255, 250, 24, ...Array(100_000).fill(65), 255, 240, 66]
    assert.deepEqual(heard([long]), [['data', [66]]])
  })

  it('gives back what was encoded, in binary and not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isBinary) => {
        const encoder = new TelnetEncoder()
        encoder.isBinary = isBinary
        // A line ends with CR LF here, and is heard as a CR; a data mark is nothing typed.
        const shown = isBinary ? bytes : bytes.filter((byte) => byte !== 10 && byte !== 242)
        const sent = [encoder.encode(shown), encoder.encode(Uint8Array.of(88))]
        const typed = heard(sent, isBinary) as [string, number[]][]
        assert.deepEqual(typed, [['data', [...shown, 88]]])
      }),
    )
  })
})

describe('a TelnetEncoder', () => {
  it('doubles IAC, and has LF or NUL follow each CR, also over the end of a chunk', () => {
    const encoder = new TelnetEncoder()
    const sent = ['\r', '\na\r\xff', 'b\r'].map((text) => [
      ...encoder.encode(Buffer.from(text, 'latin1')),
    ])
    assert.deepEqual(sent, [[13], [10, 97, 13, 0, 255, 255], [98, 13]])
  })
})

describe('the options of telnet', () => {
  function make() {
    const said: number[][] = []
    const options = new TelnetOptions(
      { ours: [1, 3], theirs: [24] },
      (verb, option) => said.push([verb, option]),
      () => {},
    )
    return { said, options }
  }

  it('are taken if they are known and refused if not, and nothing is answered twice', () => {
    const { said, options } = make()
    options.ask('ours', 1)
    options.ask('ours', 1)
    options.hear(DO, 1)
    options.hear(DO, 1)
    options.hear(DO, 3)
    options.hear(WILL, 34)
    options.hear(WONT, 34)
    options.hear(DONT, 3)
    options.hear(DONT, 3)
    assert.deepEqual(said, [
      [WILL, 1],
      [WILL, 3],
      [DONT, 34],
      [WONT, 3],
    ])
    assert.equal(options.has('ours', 1), true)
    assert.equal(options.has('ours', 3), false)
  })

  it('come to an end between two sides, whatever each of them knows and asks for', () => {
    const options = fc.subarray([0, 1, 3, 24, 31])
    const wishes = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(0, 1, 3, 24, 31)))
    fc.assert(
      fc.property(fc.array(options, { minLength: 4, maxLength: 4 }), wishes, (known, asked) => {
        const queue: [to: 0 | 1, verb: number, option: number][] = []
        const sides = ([0, 1] as const).map((own) => {
          const [ours = [], theirs = []] = known.slice(own * 2)
          const other = own === 0 ? 1 : 0
          return new TelnetOptions(
            { ours, theirs },
            (verb, option) => queue.push([other, verb, option]),
            () => {},
          )
        })
        for (const [at, [isOurs, option]] of asked.entries()) {
          sides[at % 2]?.ask(isOurs ? 'ours' : 'theirs', option)
        }
        let count = 0
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          sides[next[0]]?.hear(next[1] as typeof DO, next[2])
          count += 1
          assert.ok(count < 200, 'they go on for ever')
        }
        for (const option of [0, 1, 3, 24, 31]) {
          assert.equal(sides[0]?.has('ours', option), sides[1]?.has('theirs', option))
        }
      }),
    )
  })
})

describe('an endpoint', () => {
  it('is local only if it says so', () => {
    const local = [
      ...[
        'tcp:7:interface=localhost',
        'tcp:7:interface=127.0.0.1',
        'tcp:port=7:interface=127.1.2.3',
      ],
      ...[String.raw`tcp6:7:interface=\:\:1`, 'ssl:7:interface=localhost:privateKey=k', 'unix:/x'],
    ]
    const remote = [
      ...[
        'tcp:7',
        'tcp:7:interface=0.0.0.0',
        'tcp:7:127.0.0.1',
        'tcp:7:interface=127.0.0.1.example',
      ],
      ...[
        String.raw`ssl:7:privateKey=/k\:interface=localhost`,
        'systemd:domain=INET:index=0',
        'fd:3',
      ],
      ...['tcp:7:interface=', 'other:7:interface=localhost', 'tcp6:7', ''],
    ]
    for (const endpoint of local) assert.equal(isLocal(endpoint), true, endpoint)
    for (const endpoint of remote) assert.equal(isLocal(endpoint), false, endpoint)
  })
})
