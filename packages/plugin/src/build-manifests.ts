import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { CachedDirectory, CachedDropin, CachedUnit } from './cached-directory.ts'
import { contentKey } from './content-key.ts'
import type { PluginFault } from './discovery.ts'
import { type DropinManifest, manifestFile } from './dropin-manifest.ts'
import type { Watch } from './file-key.ts'
import { type FoundDirectory, gather } from './gather.ts'
import { type PluginSearch, searchDirectories } from './get-plugins.ts'
import { isLinkKey } from './link-key.ts'
import { outsidePackages } from './outside-package.ts'
import { PackageFault, type PluginPackage, readPluginPackage } from './plugin-package.ts'
import { scopeKey } from './scope-key.ts'

/** A manifest, and the file that it belongs in. */
export interface BuiltManifest extends DropinManifest {
  readonly file: string
}

/** What was made, or why it can't be. */
export interface ManifestBuild {
  /** The plugin package in the working directory; `undefined` in a project that is none. */
  readonly package: PluginPackage | undefined
  readonly manifests: readonly BuiltManifest[]
  /**
   * What an image needs beside those, and may do without: of directories that no
   * tarball has, and of those outside of the project.
   */
  readonly local: readonly BuiltManifest[]
  readonly faults: readonly PluginFault[]
}

/**
 * Reads dropins for manifests that can be carried elsewhere. In a plugin package
 * those are its own, for the tarball; in any other project all of its `plugins`
 * directories and of its `node_modules`, for an image, also those with nothing in
 * them, which would be searched again and remembered. Writes nothing but the dropin
 * caches.
 */
export async function buildManifests(search: PluginSearch): Promise<ManifestBuild> {
  try {
    const own = await readPluginPackage(search.cwd)
    return own === undefined ? await ofProject(search) : await ofPackage(own, search)
  } catch (error) {
    if (!(error instanceof PackageFault)) throw error
    const file = join(search.cwd, 'package.json')
    const faults = [{ file, dir: search.cwd, reason: error.message }]
    return { package: undefined, manifests: [], local: [], faults }
  }
}

async function ofPackage(own: PluginPackage, search: PluginSearch): Promise<ManifestBuild> {
  const { cwd: dir, door, readLimit: limit = 10 } = search
  const paths = own.files.map((file) => join(dir, file))
  const { readDropins } = await import('./read-dropins.ts')
  const read = await readDropins({ files: paths, door, limit })
  const isOwn = (path: string): boolean =>
    isInside(path, dir) && !path.slice(dir.length).includes(`${sep}node_modules${sep}`)
  const faults: PluginFault[] = []
  const beside = new Map<string, (readonly [string, CachedUnit])[]>()
  for (const path of paths) {
    const { plugins, endpointTypes, faults: reasons, imports } = read.get(path)!
    for (const reason of reasons) faults.push({ file: path, dir, package: own.package, reason })
    const file = relative(dirname(path), path)
    const outside = outsidePackages(
      dirname(path),
      imports.filter(([each]) => !isOwn(each)),
    )
    if ('stray' in outside) {
      const reason = `it imports ${outside.stray}, which is in no package that it depends on`
      faults.push({ file: path, dir, package: own.package, reason })
      continue
    }
    const watch: Watch[] = [[path, null], ...imports.filter(([each]) => !isModules(each))]
    const types = endpointTypes === undefined ? {} : { endpointTypes }
    const dropin: CachedDropin = {
      file,
      watch,
      outside: outside.packages,
      plugins,
      ...types,
      faults: [],
    }
    const units = beside.get(dirname(path)) ?? []
    beside.set(dirname(path), units.concat([[file, { watch: [], dropins: [dropin] }]]))
  }
  const manifests = [...beside].map(([at, units]) => ({
    file: manifestFile(at),
    runner: search.version,
    content: heldByContent({ watch: [], units }, at, isOwn),
  }))
  return { package: own, manifests, local: await ofModules(dir, search), faults }
}

/** Of the packages beside a package, whatever is wrong with them: that is not its fault. */
async function ofModules(dir: string, search: PluginSearch): Promise<BuiltManifest[]> {
  const modules = join(dir, 'node_modules')
  const found = await searchDirectories(search, (entry) => entry.dir === modules)
  return found.filter(isSearched).map((each) => manifestOf(each, [modules], search))
}

async function ofProject(search: PluginSearch): Promise<ManifestBuild> {
  const directories = await searchDirectories(search)
  const roots = directories
    .filter(({ origin }) => origin === 'project')
    .map(({ dir }) => dirname(dir))
  const inProject = directories.filter(
    ({ dir, kind, state, origin }) =>
      kind !== 'package' &&
      state !== 'missing' &&
      origin !== 'plugin path' &&
      roots.includes(dirname(dir)),
  )
  const { faults } = gather(inProject)
  if (!inProject.some(holdsSomething)) {
    return { package: undefined, manifests: [], local: [], faults }
  }
  const outside = directories.filter(
    ({ kind, origin }) => kind === 'packages' && OUTSIDE.has(origin),
  )
  return {
    package: undefined,
    manifests: inProject.filter(isSearched).map((each) => manifestOf(each, roots, search)),
    local: outside
      .filter((each) => isSearched(each) && !inProject.includes(each))
      .map((each) => manifestOf(each, [each.dir], search)),
    faults,
  }
}

const OUTSIDE: ReadonlySet<string> = new Set(['NODE_PATH', 'beside runner'])

function manifestOf(
  directory: FoundDirectory,
  roots: readonly string[],
  { version }: PluginSearch,
): BuiltManifest {
  const { dir, kind } = directory
  const isOurs = (path: string): boolean => roots.some((root) => isInside(path, root))
  return {
    file: manifestFile(dir, kind),
    runner: version,
    content: heldByContent(directory, dir, isOurs),
  }
}

function isSearched({ state }: FoundDirectory): boolean {
  return state === 'searched'
}

function holdsSomething({ units }: FoundDirectory): boolean {
  return units.some(([, unit]) => unit.package !== undefined || unit.dropins.length > 0)
}

/** Where packages are differs from one install to another. */
function isModules(path: string): boolean {
  return basename(path) === 'node_modules'
}

/** The same, but held by the content of those files that go along. */
function heldByContent(
  { watch, units }: CachedDirectory,
  dir: string,
  goesAlong: (path: string) => boolean,
): CachedDirectory {
  const held = (watches: readonly Watch[], keyOf = contentKey): Watch[] =>
    watches
      .map(([path, key]): Watch => [isAbsolute(path) ? path : resolve(dir, path), key])
      .filter(([path]) => goesAlong(path))
      .map(([path, key]) => [relative(dir, path) || '.', isLinkKey(key) ? key : keyOf(path)])
  return {
    watch: held(watch),
    units: units.map(([name, unit]) => {
      const dropins = unit.dropins.map((dropin) => {
        return { ...dropin, watch: held(dropin.watch, importKey) }
      })
      return [name, { ...unit, watch: held(unit.watch), dropins }]
    }),
  }
}

function importKey(path: string): string | null {
  return basename(path) === 'package.json' ? scopeKey(path) : contentKey(path)
}

function isInside(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir.endsWith(sep) ? dir : `${dir}${sep}`)
}
