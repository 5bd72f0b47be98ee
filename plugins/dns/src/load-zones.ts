import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { log, UsageError } from 'runnerd'
import { makeZone } from './make-zone.ts'
import { Name } from './name.ts'
import { readZoneFile } from './read-zone-file.ts'
import { Type } from './record-types.ts'
import type { Zone } from './zone.ts'
import { type FileFault, ZoneError } from './zone-error.ts'

/**
 * Reads the zones that `--zone` names: `FILE`, or `NAME=FILE`.
 *
 * @throws UnreadableError; UsageError if one is there twice; ZoneError with all that is
 * wrong in any of them
 */
export function loadZones(words: readonly string[]): Zone[] {
  const zones = new Map<string, Zone>()
  const faults: FileFault[] = []
  for (const word of words) {
    const { path, name } = partsOf(word)
    try {
      const zone = makeZone(path, readZoneFile(path, name), name)
      if (zones.has(zone.origin.key)) {
        throw new UsageError(`cannot use zone ${path}: there is a zone ${zone.origin} already`)
      }
      zones.set(zone.origin.key, zone)
      tell(zone, path)
    } catch (error) {
      if (!(error instanceof ZoneError)) throw error
      faults.push(...error.faults)
    }
  }
  if (faults.length > 0) throw new ZoneError(faults)
  return [...zones.values()]
}

function tell(zone: Zone, path: string): void {
  const system = 'DNS'
  log.msg(`zone ${zone.origin} of ${path}: serial ${zone.serial}, ${zone.size} sets of records`, {
    system,
  })
  if (zone.recordsOf(zone.origin.key, Type.NS) === undefined) {
    log.warn(`zone ${zone.origin} has no NS record`, { system })
  }
}

/**
 * With `--rundir` the whole word was made absolute, the name with the file. Else a name may
 * have a slash in it, as those of RFC 2317.
 */
function partsOf(word: string): { path: string; name: Name | undefined } {
  const form = isAbsolute(word) ? /^(.*?[\\/])?([^\\/=]+)=(.*)$/ : /^()([^=]+)=(.*)$/
  const [, directory = '', name, path] = form.exec(word) ?? []
  if (name === undefined || path === undefined || existsSync(word)) {
    return { path: word, name: undefined }
  }
  if (path === '') throw new UsageError(`cannot use --zone ${name}=: it names no file`)
  try {
    return { path: directory === '' ? path : resolve(directory, path), name: Name.parse(name) }
  } catch (error) {
    throw new UsageError(`cannot use --zone ${name}=${path}: ${(error as Error).message}`)
  }
}
