// A unit of systemd, as the cases see it.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'

/** As try-systemd.mjs has put it there. */
export const RUNNER = process.env.TRY_RUNNER

let count = 0

/** What a command printed, and how it ended. */
export function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return { status, output: stdout + stderr }
}

/** Has every moody service that looks there be in these moods, and no others. */
export function moodsIn(dir, ...names) {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { mode: 0o755 })
  for (const name of names) writeFileSync(`${dir}/${name}`, '')
}

export const moods = (...names) => moodsIn('/run/moods', ...names)

export class Unit {
  constructor(name, port) {
    this.name = name
    this.port = port
  }

  /**
   * Writes a unit that runs the moody service.
   *
   * @param settings of its [Service], each `Name=value`
   * @param options of runner's own
   */
  static write(settings, options = ['--nodaemon']) {
    count += 1
    const port = 8000 + count
    const name = `moody${count}`
    const pidfile = `/run/${name}/pid`
    const lines = [
      '[Service]',
      'WorkingDirectory=/opt/try',
      `RuntimeDirectory=${name}`,
      `Environment=RUNNER_PIDFILE=${pidfile}`,
      `ExecStart=${RUNNER} ${options.join(' ')} moody --port ${port}`,
      `ExecReload=${RUNNER} reload`,
      ...settings.map((line) => line.replaceAll('PIDFILE', pidfile)),
    ]
    writeFileSync(`/etc/systemd/system/${name}.service`, `${lines.join('\n')}\n`)
    execFileSync('systemctl', ['daemon-reload'])
    return new Unit(name, port)
  }

  systemctl(verb) {
    if (verb === 'status') run('journalctl', '--sync')
    return run('systemctl', verb, this.name)
  }

  get(property) {
    return run('systemctl', 'show', '--value', '-p', property, this.name).output.trim()
  }

  get state() {
    return `${this.get('ActiveState')} ${this.get('Result')}`
  }

  get mainPid() {
    return Number(this.get('MainPID'))
  }

  get runtime() {
    return `/run/${this.name}`
  }

  /** Its lines in the journal: the message, and the level. */
  journal() {
    run('journalctl', '--sync')
    const { output } = run('journalctl', '-b', '-u', this.name, '-o', 'json', '--no-pager')
    return output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .map(({ MESSAGE, PRIORITY, _PID }) => ({
        text: String(MESSAGE),
        level: Number(PRIORITY),
        pid: Number(_PID),
      }))
  }

  /** The processes whose moody service was stopped in order. */
  stoppedIn(
    text = this.journal()
      .map((line) => line.text)
      .join('\n'),
  ) {
    return [...text.matchAll(/moody has stopped in (\d+)/g)].map(([, pid]) => Number(pid)).sort()
  }

  /** Asks it once. */
  ask(path = '/', agent = false) {
    return new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port: this.port, path, agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(text)).on('error', reject)
      })
      request.on('error', reject)
    })
  }

  /** The processes in it, as systemd counts them. */
  processes() {
    const group = this.get('ControlGroup')
    for (const hierarchy of ['', '/systemd', '/unified']) {
      try {
        const path = `/sys/fs/cgroup${hierarchy}${group}/cgroup.procs`
        return readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number)
      } catch {
        // Another hierarchy has it.
      }
    }
    return []
  }
}

/** Asks all the time, with a connection per request and with kept ones, until told to end. */
export function load(unit) {
  let isOver = false
  let answered = 0
  const lost = []
  const client = async (agent) => {
    while (!isOver) {
      await unit.ask('/', agent).then(
        () => {
          answered += 1
        },
        (error) => lost.push(error.code ?? error.message),
      )
    }
  }
  const kept = () => new http.Agent({ keepAlive: true, maxSockets: 1 })
  const clients = [client(false), client(false), client(kept()), client(kept())]
  return async () => {
    isOver = true
    await Promise.all(clients)
    return { answered, lost }
  }
}
