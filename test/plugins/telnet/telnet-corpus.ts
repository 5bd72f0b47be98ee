/** Bytes that clients send, by accident or not, and what they mean. */
export interface CorpusEntry {
  readonly name: string
  readonly bytes: readonly number[]
  readonly means: readonly unknown[]
}

const text = (string: string): number[] => [...Buffer.from(string)]
const [IAC, SE, SB, WILL, DO] = [255, 240, 250, 251, 253]

export const corpus: readonly CorpusEntry[] = [
  { name: 'nothing', bytes: [], means: [] },
  {
    name: 'lines with CR LF, CR NUL and LF',
    bytes: text('a\r\nb\r\0c\n'),
    means: [['data', text('a\rb\rc\n')]],
  },
  { name: 'two CR', bytes: text('\r\r\n'), means: [['data', text('\r\r')]] },
  { name: 'an IAC that was typed', bytes: [97, IAC, IAC, 98], means: [['data', [97, 255, 98]]] },
  {
    name: 'an interrupt between keys',
    bytes: [97, IAC, 244, 98],
    means: [
      ['data', [97]],
      ['command', 244],
      ['data', [98]],
    ],
  },
  {
    name: 'a synch whose data mark was urgent data and is lost',
    bytes: [IAC, 244, IAC, ...text('ls')],
    means: [
      ['command', 244],
      ['data', text('ls')],
    ],
  },
  {
    name: 'a synch whose IAC was urgent data and is lost',
    bytes: [IAC, 244, 242, ...text('ls')],
    means: [
      ['command', 244],
      ['data', text('ls')],
    ],
  },
  {
    name: 'options',
    bytes: [IAC, DO, 1, IAC, WILL, 255, IAC, WILL],
    means: [
      ['negotiation', DO, 1],
      ['negotiation', WILL, 255],
    ],
  },
  {
    name: 'a window of 255 columns',
    bytes: [IAC, SB, 31, 0, IAC, IAC, 0, 24, IAC, SE],
    means: [['subnegotiation', 31, [0, 255, 0, 24]]],
  },
  { name: 'an empty subnegotiation', bytes: [IAC, SB, IAC, SE, 97], means: [['data', [97]]] },
  {
    name: 'a subnegotiation that another command ends',
    bytes: [IAC, SB, 24, 0, 65, IAC, DO, 3, 98],
    means: [
      ['negotiation', DO, 3],
      ['data', [98]],
    ],
  },
  { name: 'a subnegotiation without an end', bytes: [IAC, SB, 24, 0, 65], means: [] },
  {
    name: 'a request of HTTP',
    bytes: text('GET / HTTP/1.1\r\n\r\n'),
    means: [['data', text('GET / HTTP/1.1\r\r')]],
  },
  {
    name: 'a hello of TLS',
    bytes: [22, 3, 1, 2, 0, 1, 0, 1, 252],
    means: [['data', [22, 3, 1, 2, 0, 1, 0, 1, 252]]],
  },
  { name: 'IAC at the end', bytes: [97, IAC], means: [['data', [97]]] },
]
