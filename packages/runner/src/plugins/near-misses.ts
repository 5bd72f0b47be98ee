import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FoundDirectory } from '@runnerd/plugin'

/**
 * What is in a directory under a name and yet no plugin of it, and why: a line
 * each. Answers "I did put it there".
 *
 * @param name a tapname, or `package:tapname`
 */
export function nearMisses(directory: FoundDirectory, name: string): string[] {
  if (directory.state !== 'searched' || directory.kind === 'package') return []
  const colon = name.lastIndexOf(':')
  const [packageName, tapname] = [name.slice(0, Math.max(colon, 0)), name.slice(colon + 1)]
  return directory.kind === 'plugins'
    ? inPlugins(directory, tapname)
    : inPackages(
        directory,
        packageName === '' ? [tapname, `runner-plugin-${tapname}`] : [packageName],
      )
}

function inPlugins({ dir, units }: FoundDirectory, tapname: string): string[] {
  const known = new Map(units)
  return namesIn(dir)
    .filter((name) => name === tapname || name.startsWith(`${tapname}.`))
    .flatMap((name) => {
      const unit = known.get(name)
      if (unit === undefined)
        return [`${join(dir, name)}: no dropin: not a .js .mjs .cjs .ts .mts .cts file`]
      if (unit.fault || unit.incompatible) return []
      if (unit.dropins.length === 0) return [`${join(dir, name)}: ${whyNoPackage(join(dir, name))}`]
      const silent = unit.dropins.filter(
        ({ plugins, endpointTypes = [], faults }) =>
          plugins.length + endpointTypes.length + faults.length === 0,
      )
      return silent.map(({ file }) => `${join(dir, file)}: it exports no service maker`)
    })
}

function inPackages({ dir, units }: FoundDirectory, names: readonly string[]): string[] {
  const known = new Map(units)
  return names
    .filter((name) => !known.has(name) && existsSync(join(dir, name)))
    .map((name) => `${join(dir, name)}: ${whyNoPackage(join(dir, name))}`)
}

function whyNoPackage(dir: string): string {
  const read = readText(join(dir, 'package.json'))
  if ('code' in read) {
    return read.code === 'ENOENT' || read.code === 'ENOTDIR'
      ? 'no plugin package: it has no package.json'
      : `its package.json can't be read: ${read.code}`
  }
  return read.text.includes('"runner"')
    ? 'it was no plugin package when it was installed; see runner plugins refresh'
    : 'no plugin package: its package.json says nothing of "runner"'
}

/** The text; or, as an error's code, why there is none. */
function readText(path: string): { text: string } | { code: string | undefined } {
  try {
    return { text: readFileSync(path, 'utf8') }
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code }
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort()
  } catch {
    return []
  }
}
