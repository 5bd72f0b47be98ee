import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { plainLine } from '@runnerd/options'
import {
  type BuiltManifest,
  buildManifests,
  type ManifestBuild,
  manifestText,
  type PluginSearch,
  packedFiles,
  readManifest,
} from '@runnerd/plugin'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'
import { VERSION } from '../version.ts'
import type { Answer } from './answer.ts'

/**
 * Writes the manifests of the package or project in the working directory, each
 * whole or not at all, and reads them again; none if a dropin can't be read. Then
 * looks whether the package would ship them.
 *
 * @param check write nothing, and fail unless they are there and up to date
 * @throws RunnerError when one can't be written, or there is nothing to build
 */
export async function buildPlugins(search: PluginSearch, check: boolean): Promise<Answer> {
  const build = await buildManifests(search)
  const faults = [...build.faults.map(complaint), ...silent(build)]
  if (faults.length > 0) return failed('', faults)
  if (build.manifests.length === 0) throw nothingIn(search.cwd)
  const lines = build.manifests.map((manifest) =>
    check ? checked(manifest, search.cwd) : written(manifest, search.cwd),
  )
  if (!check) lines.push(...build.local.map((manifest) => writtenIfAllowed(manifest, search.cwd)))
  const text = lines.join('')
  const missing = await unpacked(build, search.cwd)
  if (missing.length > 0) return failed(text, missing)
  return { text, complaints: advice(build), status: ExitStatus.OK }
}

function failed(text: string, faults: readonly string[]): Answer {
  return { text, complaints: faults.join(''), status: ExitStatus.CONFIG }
}

/** A plugin package is for its plugins. */
function silent({ package: own, manifests, faults }: ManifestBuild): string[] {
  if (own === undefined || faults.length > 0) return []
  if (manifests.some((manifest) => namesIn(manifest).length > 0)) return []
  return ['runner: cannot build package.json: none of its dropins exports a service maker\n']
}

/** Tapnames, and prefixes of endpoint types as they are written. */
function namesIn({ content }: BuiltManifest): string[] {
  const dropins = content.units.flatMap(([, unit]) => unit.dropins)
  return dropins.flatMap(({ plugins, endpointTypes = [] }) => [
    ...plugins.map(({ tapname }) => tapname),
    ...endpointTypes.map(({ prefix }) => `${prefix}:`),
  ])
}

function complaint({ file, reason }: ManifestBuild['faults'][number]): string {
  return `runner: ${plainLine(`cannot build ${file}: ${reason}`)}\n`
}

/** What a package would leave out of its tarball: its manifests and dropins belong there. */
async function unpacked(
  { package: own, manifests }: ManifestBuild,
  cwd: string,
): Promise<string[]> {
  if (own === undefined) return []
  const files = [...own.files, ...manifests.map(({ file }) => relative(cwd, file))]
  const packed = await packedFiles(cwd, files)
  return files
    .filter((file) => !packed.includes(file))
    .map((file) => complaint({ file, dir: cwd, reason: '"files" in package.json leaves it out' }))
}

function nothingIn(cwd: string): RunnerError {
  const hint =
    'a plugin package says "runner" in its package.json, a project has a plugins directory'
  const message = `cannot build manifests in ${cwd}: no dropins found`
  return new RunnerError('ERR_NO_PLUGIN', ExitStatus.NOINPUT, message, { hint })
}

function written(manifest: BuiltManifest, cwd: string): string {
  const draft = `${manifest.file}.${process.pid}.tmp`
  try {
    writeFileSync(draft, manifestText(manifest), { flag: 'wx' })
    renameSync(draft, manifest.file)
  } catch (error) {
    discard(draft)
    throw error
  }
  if (readManifest(manifest.file) === undefined) {
    const message = `cannot build ${manifest.file}: what was written can't be read again`
    throw new RunnerError('ERR_MANIFEST', ExitStatus.SOFTWARE, message)
  }
  return line('wrote', manifest, cwd)
}

/** An image may do without, and only who makes one may write there. */
function writtenIfAllowed(manifest: BuiltManifest, cwd: string): string {
  try {
    return written(manifest, cwd)
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return ''
    throw error
  }
}

function discard(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It was never made.
  }
}

function checked(manifest: BuiltManifest, cwd: string): string {
  if (readText(manifest.file) === manifestText(manifest)) return line('up to date:', manifest, cwd)
  const message = `cannot use ${manifest.file}: it is missing or out of date`
  const hint = 'run runner plugins build'
  throw new RunnerError('ERR_MANIFEST', ExitStatus.CONFIG, message, { hint })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function line(did: string, manifest: BuiltManifest, cwd: string): string {
  const names = namesIn(manifest).join(', ')
  return `${plainLine(`${did} ${relative(cwd, manifest.file)}: ${names || 'no plugins'}`)}\n`
}

function advice({ package: own }: ManifestBuild): string {
  if (own === undefined || own.package.needs !== undefined) return ''
  return `hint: say which runner the package needs: "peerDependencies": { "runnerd": "^${VERSION}" }\n`
}
