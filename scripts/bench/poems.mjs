import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'

/** Waits until a port answers. */
export async function answering(port) {
  for (;;) {
    if (await answers(port)) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** Fetches a number of poems, so many at a time. */
export async function fetchPoems(port, count, atATime) {
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await fetchOne(port)
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
}

function fetchOne(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.on('data', () => {})
    socket.on('end', resolve)
  })
}

/** Microseconds of CPU that the threads of a process have used. */
export function cpuOf(pid) {
  const used = (thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
  const nanoseconds = (thread) => Number(used(thread).split(' ')[0])
  return readdirSync(`/proc/${pid}/task`).reduce((sum, each) => sum + nanoseconds(each), 0) / 1000
}

/** Resident memory of a process, in MB. */
export function memoryOf(pid) {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
  return Number(kilobytes) / 1024
}

/** A port that was free a moment ago. */
export async function freePort() {
  const { createServer } = await import('node:net')
  return await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
