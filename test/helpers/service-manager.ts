import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

/** Prints each datagram that a socket gets; the first line says that it is there. */
const LISTENER = `
import socket, sys
path = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\\0" + path[1:] if path[0] == "@" else path)
print("listening", flush=True)
while True:
    print(listener.recv(4096).decode().replace("\\n", "|"), flush=True)
`

/** Sends it the last word. */
const LAST = 'that is all'
const TALKER = `
import socket, sys
path = sys.argv[1]
talker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
talker.sendto(sys.argv[2].encode(), "\\0" + path[1:] if path[0] == "@" else path)
`

/** The lines that it was told: gives the next one, each time. */
export interface Heard {
  (): Promise<string>
  /** All that it was told until now, and nobody has asked for. */
  rest(): Promise<string[]>
}

/** How long a word is waited for, in ms. */
const PATIENCE = 120_000

/** What would never be said is not waited for till the whole file is given up. */
async function within<T>(saying: Promise<T>): Promise<T> {
  let limit: NodeJS.Timeout | undefined
  const vain = new Promise<never>((_, reject) => {
    limit = setTimeout(reject, PATIENCE, new Error('the service manager was told nothing'))
  })
  try {
    return await Promise.race([saying, vain])
  } finally {
    clearTimeout(limit)
  }
}

/** What stands for systemd. */
export async function serviceManager(t: TestContext, path: string): Promise<Heard> {
  const python = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(python, 'exit')
  t.after(async () => {
    python.kill('SIGKILL')
    await exited
  })
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await within(lines.next())
    if (done) throw new Error('what stands for systemd has ended')
    return value
  }
  const rest = async (): Promise<string[]> => {
    execFileSync('python3', ['-c', TALKER, path, LAST])
    const lines: string[] = []
    for (let line = await next(); line !== LAST; line = await next()) lines.push(line)
    return lines
  }
  assert.equal(await next(), 'listening')
  return Object.assign(next, { rest })
}
