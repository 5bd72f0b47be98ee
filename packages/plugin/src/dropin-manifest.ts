import { join } from 'node:path'
import { plainText } from '@runnerd/options'
import {
  type CachedDirectory,
  type CachedDropin,
  type CachedPackage,
  type CachedUnit,
  isCachedDirectory,
} from './cached-directory.ts'
import { vettedEndpointType } from './endpoint-type.ts'
import type { PathEntry } from './module-path.ts'
import { readPlainFile } from './read-plain-file.ts'
import { vettedPlugin } from './vetted-plugin.ts'

const FORMAT = 'runner-manifest/1'

/** What a package ships, or a container image carries, so that its dropins needn't be read. */
export interface DropinManifest {
  /** The version of runner that made it. */
  readonly runner: string
  /** What it says, held by the content of files and not by their status. */
  readonly content: CachedDirectory
}

/** The file in a directory that has its manifest; hidden in a `node_modules`, which isn't ours. */
export function manifestFile(dir: string, kind: PathEntry['kind'] = 'plugins'): string {
  return join(dir, kind === 'packages' ? '.dropin.json' : 'dropin.json')
}

/** A manifest as it is written. */
export function manifestText({ runner, content }: DropinManifest): string {
  return `${JSON.stringify({ format: FORMAT, runner, content }, null, 2)}\n`
}

/**
 * Reads a manifest; `undefined` when there is none, or it isn't one. Somebody
 * else made it: of what it declares only what a dropin could declare is taken.
 */
export function readManifest(file: string): DropinManifest | undefined {
  try {
    const text = readPlainFile(file, { follow: true })?.toString() ?? ''
    const { format, runner, content } = JSON.parse(text)
    if (format !== FORMAT || typeof runner !== 'string' || !isCachedDirectory(content)) {
      return undefined
    }
    const units = content.units.map(([name, unit]) => [name, vettedUnit(unit)] as const)
    return { runner, content: { watch: content.watch, units } }
  } catch {
    return undefined
  }
}

function vettedUnit({ watch, package: of, incompatible, dropins }: CachedUnit): CachedUnit {
  return {
    watch,
    ...(of ? { package: vettedPackage(of) } : {}),
    ...(incompatible ? { incompatible: plainText(incompatible) } : {}),
    dropins: dropins
      .filter(isHeld)
      .map(({ file, watch: held, outside = [], plugins, endpointTypes }) => {
        return {
          file,
          watch: held,
          outside,
          plugins: plugins.map(vettedPlugin),
          ...(endpointTypes ? { endpointTypes: endpointTypes.map(vettedEndpointType) } : {}),
          faults: [],
          isShipped: true,
        }
      }),
  }
}

function vettedPackage({ name, version, needs }: CachedPackage): CachedPackage {
  const more = needs === undefined ? {} : { needs: plainText(needs) }
  return { name: plainText(name), version: plainText(version), ...more }
}

/** Held by what is in its file, else it could say anything of it. */
function isHeld({ file, watch }: CachedDropin): boolean {
  const [path, key] = watch[0] ?? []
  return path === file && typeof key === 'string'
}
