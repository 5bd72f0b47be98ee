import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
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

/** What stands for systemd; the lines that it was told. */
export async function serviceManager(t: TestContext, path: string): Promise<() => Promise<string>> {
  const python = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    python.kill('SIGKILL')
    await once(python, 'exit')
  })
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await lines.next()).value as string
  assert.equal(await next(), 'listening')
  return next
}
