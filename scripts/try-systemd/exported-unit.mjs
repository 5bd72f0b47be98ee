// A unit that `runner export systemd` has made.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { moodsIn, RUNNER, run, Unit } from './unit.mjs'

/** Where units of the machine's own are. */
export const UNITS = '/etc/systemd/system'
let count = 0

export class ExportedUnit extends Unit {
  /**
   * Writes the units of a run of the plugin, on a port of its own.
   *
   * @param engine options of the export
   * @param words options of runner
   * @param port for one that is not to be any
   * @param more options of the plugin
   */
  static async make({ engine = [], words = [], port, more = [] } = {}, ...moods) {
    count += 1
    const name = `exported${count}`
    const unit = new ExportedUnit(name, port ?? 8100 + count)
    unit.moods(...moods)
    const args = ['export', 'systemd', '--out', UNITS, '--name', name, ...engine, '--', ...words]
    const listen = ['--listen', `tcp:${unit.port}:interface=127.0.0.1`]
    const plugin = ['exported', ...listen, '--moods', `/run/moods-${name}`, ...more]
    // What it can't do is an error here.
    await promisify(execFile)(RUNNER, [...args, ...plugin])
    run('systemctl', 'daemon-reload')
    return unit
  }

  moods(...names) {
    moodsIn(`/run/moods-${this.name}`, ...names)
  }

  /** Asks it for something, as JSON. */
  async told(path) {
    return JSON.parse(await this.ask(path))
  }

  /** `systemctl VERB` without the processes of this one being held up, as `load` needs. */
  async control(verb) {
    const [status] = await once(spawn('systemctl', [verb, this.name], { stdio: 'ignore' }), 'exit')
    return status
  }

  /** Changes settings of its [Service]. */
  change(...settings) {
    const dir = `${UNITS}/${this.name}.service.d`
    mkdirSync(dir)
    writeFileSync(`${dir}/changed.conf`, `[Service]\n${settings.join('\n')}\n`)
    run('systemctl', 'daemon-reload')
  }
}
