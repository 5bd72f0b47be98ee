import { statSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { until } from '../../helpers/until.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { files, how, mode, told } from './observe.ts'
import type { Row } from './row.ts'

/** A string that is refused, and what each says of it. */
const refused = (endpoint: string, runner: string, twistd: object): Row => ({
  row: 55,
  does: `web cannot listen on ${endpoint}`,
  async observe(half) {
    return { ...told(half, await half.run(['-n', 'web', '--path', '.', '--listen', endpoint])) }
  },
  differs: [differences.usage],
  runner: { status: 64, on: 'stderr', says: `cannot use --listen ${endpoint}: ${runner}` },
  twistd: { status: 1, ...twistd },
})

export const endpoints: readonly Row[] = [
  refused('zz:1', 'there is no endpoint type zz', {
    on: 'stderr',
    says: "traceback: ValueError: Unknown endpoint type: 'zz'",
  }),
  refused('tcp:99999', 'the port must be a number from 0 to 65535, not 99999', {
    on: 'stdout',
    says: /./,
  }),
  refused('tcp:80:foo=1', 'unknown keyword foo; tcp: takes port, interface and backlog', {
    on: 'stderr',
    says: /^traceback: TypeError: .*unexpected keyword argument 'foo'$/,
  }),
  {
    row: 55,
    does: 'web listens on a UNIX socket with a mode, whose path has a colon in it',
    async observe(half) {
      half.write('poem.txt', 'a poem\n')
      const { child, ended } = half.start([
        ...['-n', '--pidfile=', 'web', '--path', '.'],
        ...['--listen', String.raw`unix:address=a\:b:mode=620`],
      ])
      const path = half.path('a:b')
      await waitFor(path, () => (half.processes().length > 0 && isSocket(half) ? true : undefined))
      // Twisted changes the mode after it has bound, and before it answers.
      const body = await fetched(path)
      const seen = { mode: mode(path), body }
      child.kill('SIGTERM')
      return { ...seen, ended: how(await ended), left: files(half) }
    },
    same: { mode: '620', body: 'a poem\n', ended: 'SIGTERM', left: ['poem.txt'] },
  },
]

function isSocket(half: Half): boolean {
  return statSync(half.path('a:b'), { throwIfNoEntry: false })?.isSocket() === true
}

/** Asks for the poem until somebody answers. */
async function fetched(socketPath: string): Promise<string> {
  const look = () =>
    new Promise<string | undefined>((resolve) => {
      request({ socketPath, path: '/poem.txt', agent: false }, (response) =>
        resolve(text(response)),
      )
        .on('error', () => resolve(undefined))
        .end()
    })
  return await until(`${socketPath} to answer`, look)
}
