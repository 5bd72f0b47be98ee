import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { answering } from './poems.mjs'
import { poem } from './programs.mjs'
import { endServer, startServer } from './timing.mjs'

const CLIENTS = 8

/** How many poems were fetched while all workers were replaced so many times, and how many of them were lost. */
export async function whileReloading(start, port, socketPath, reloads) {
  const child = await startServer(start, () => answering(port))
  const expected = readFileSync(poem).length
  let done = false
  let lost = 0
  let fetched = 0
  const client = async () => {
    while (!done) {
      const length = await lengthOfPoem(port)
      fetched += 1
      if (length !== expected) lost += 1
    }
  }
  const clients = Array.from({ length: CLIENTS }, client)
  for (let count = 0; count < reloads; count += 1) await reload(socketPath)
  done = true
  await Promise.all(clients)
  await endServer(child)
  return { lost, fetched }
}

/** How much came of a poem within 5 seconds: -1 for none, refused or reset. */
function lengthOfPoem(port) {
  return new Promise((resolve) => {
    let length = 0
    const socket = connect(port, '127.0.0.1')
    const late = setTimeout(() => socket.destroy(new Error('late')), 5000)
    socket.on('error', () => {
      length = -1
    })
    socket.on('data', (chunk) => {
      length += chunk.length
    })
    socket.on('close', () => {
      clearTimeout(late)
      resolve(length)
    })
  })
}

function reload(socketPath) {
  return new Promise((resolve, reject) => {
    request({ socketPath, method: 'POST', path: '/reload', agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`cannot reload: ${text}`)),
      )
    })
      .on('error', reject)
      .end()
  })
}
