import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { runnerBin } from './paths.ts'
import { cleanEnv, type Ended, type RunOptions } from './runner.ts'

/** Binds and listens, as a service manager does, puts the sockets at 3, and becomes the command. */
const PROGRAM = `
import os, socket, sys
kinds, command = sys.argv[1].split(' '), sys.argv[2:]
made = []
for kind in kinds:
    name, _, where = kind.partition('=')
    if name == 'tcp':
        each = socket.socket(); each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(('127.0.0.1', int(where))); each.listen(64)
    elif name == 'tcp6':
        each = socket.socket(socket.AF_INET6); each.bind(('::1', int(where))); each.listen(64)
    elif name == 'udp':
        each = socket.socket(type=socket.SOCK_DGRAM); each.bind(('127.0.0.1', int(where)))
    elif name == 'unix':
        each = socket.socket(socket.AF_UNIX); each.bind(where); each.listen(64)
    elif name == 'unixgram':
        each = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); each.bind(where)
    else:
        each = socket.socketpair()[0]
    made.append(os.dup(each.fileno()))
high = [os.dup2(fd, 100 + at, inheritable=False) for at, fd in enumerate(made)]
for at, fd in enumerate(high):
    os.dup2(fd, 3 + at, inheritable=True)
if os.environ.get('LISTEN_FDS'):
    os.environ['LISTEN_PID'] = os.environ.get('LISTEN_PID') or str(os.getpid())
os.execvp(command[0], command)
`

/** How runner is started with sockets. */
export interface Activation extends RunOptions {
  /** `tcp=PORT` of 127.0.0.1, `tcp6=PORT` of ::1, `udp=PORT` of 127.0.0.1, `unix=PATH`, `unixgram=PATH`, or `pair`, which nobody can listen on. */
  readonly sockets: readonly string[]
  /** Their names, for a service manager's; `undefined` if it is none. */
  readonly names?: readonly string[]
}

function environment({ cwd, env, sockets, names }: Activation): NodeJS.ProcessEnv {
  const passed =
    names === undefined
      ? {}
      : { LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: names.join(':') }
  return cleanEnv(cwd, { ...passed, ...env })
}

function start(args: readonly string[], activation: Activation) {
  const { cwd, sockets } = activation
  const command = [process.execPath, runnerBin, ...args]
  return spawn('python3', ['-c', PROGRAM, sockets.join(' '), ...command], {
    cwd,
    env: environment(activation),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs `runner ARGS` with sockets to its end, which for a daemon is when it serves. */
export async function activated(args: readonly string[], activation: Activation): Promise<Ended> {
  const child = start(args, activation)
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  const [status, signal] = await once(child, 'close')
  return { status, signal, ...text }
}

/** Starts `runner --nodaemon ARGS` with sockets, and ends it if the test leaves it running. */
export function activatedForeground(
  t: TestContext,
  args: readonly string[],
  activation: Activation,
): { readonly pid: number; readonly log: () => string } {
  const child = start(['--nodaemon', ...args], activation)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return { pid: child.pid as number, log: () => text }
}
