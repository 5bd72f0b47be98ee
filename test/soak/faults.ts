import { existsSync, renameSync } from 'node:fs'
import http from 'node:http'
import { connect, type Socket } from 'node:net'
import type { WorkerStatus } from '../../packages/runner/dist/workers/crew-status.d.ts'
import { pick, type Random } from '../plugin/fuzz/random.ts'
import type { Requests } from './requests.ts'
import { type Soaked, until } from './soaked.ts'

/** How long a worker has to serve to be taken for one that works, in ms, and a little more. */
const WHILE = 11_000

/** Whom something is done to. */
export interface Victim {
  readonly soaked: Soaked
  readonly requests: Requests
  readonly random: Random
}

/** Does something to a daemon, and waits until it has got over it. */
export type Fault = (victim: Victim) => Promise<void>

async function reload({ soaked }: Victim): Promise<void> {
  await soaked.tell('/reload')
}

async function killWorker({ soaked, requests, random }: Victim): Promise<void> {
  // One that fails again and again before it has served so long is given up, and the run with it.
  const settled = async (): Promise<readonly WorkerStatus[]> =>
    (await workersOf(soaked)).filter(({ since }) => Date.now() - Date.parse(since) > WHILE)
  await until('a worker has served for a while', async () => (await settled()).length > 0)
  const { pid } = pick(random, await settled())
  requests.kills(pid)
  process.kill(pid, 'SIGKILL')
  await until('there is another worker', async () => {
    return (await workersOf(soaked)).every((one) => one.pid !== pid && one.state === 'running')
  })
}

async function workersOf(soaked: Soaked): Promise<readonly WorkerStatus[]> {
  return (await soaked.status()).workers ?? []
}

/** As logrotate does. */
async function rotate({ soaked }: Victim): Promise<void> {
  if (existsSync(soaked.log)) renameSync(soaked.log, `${soaked.log}.1`)
  process.kill(soaked.pid(), 'SIGUSR1')
  await until('there is a new log', () => existsSync(soaked.log))
}

async function fullDisk({ soaked, requests }: Victim): Promise<void> {
  soaked.disk.fill()
  await more(requests, 200)
  soaked.disk.empty()
}

async function slowClients({ soaked, requests }: Victim): Promise<void> {
  const sockets: Socket[] = []
  for (let n = 0; n < 50; n += 1) {
    const socket = connect(soaked.poem, '127.0.0.1').pause()
    socket.on('error', () => {})
    sockets.push(socket)
  }
  await more(requests, 200)
  for (const socket of sockets) socket.destroy()
}

async function memoryPressure({ soaked, requests }: Victim): Promise<void> {
  const asked = Array.from({ length: 4 }, () => press(soaked.http))
  await more(requests, 20)
  await Promise.all(asked)
}

/** What comes of it is not counted: its worker may be killed. */
function press(port: number): Promise<void> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path: '/press', agent: false }
    http
      .get(options, (response) => response.resume().on('close', resolve))
      .on('error', () => resolve())
  })
}

async function more(requests: Requests, count: number): Promise<void> {
  const before = requests.answered
  await until(`${count} more were answered`, () => requests.answered >= before + count)
}

/** What replaces processes or files; one at a time. */
export const REPLACING: Readonly<Record<string, Fault>> = {
  'a reload': reload,
  'a worker killed': killWorker,
  'a rotated log': rotate,
}

/** What makes life hard, whatever is replaced meanwhile. */
export const BURDENING: Readonly<Record<string, Fault>> = {
  'a full disk': fullDisk,
  'slow clients': slowClients,
  'memory pressure': memoryPressure,
}
