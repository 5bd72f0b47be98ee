import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The file of a module: that of a path or a `file:` URL, of a directory with a package, or of
 * a package that is installed where runner was started.
 *
 * @returns `undefined` if there is none
 */
export async function moduleFile(name: string): Promise<string | undefined> {
  const path = pathOf(name)
  if (path === undefined) return undefined
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path
  const here = join(process.cwd(), 'runner')
  const places = [[path, here], ...ownNames(path)]
  if (!/^(?:\.{0,2}\/|file:)/.test(name)) places.push([name, here])
  for (const [id, from] of places as [id: string, from: string][]) {
    const file = await resolved(id, from)
    if (file !== undefined) return file
  }
  return undefined
}

function pathOf(name: string): string | undefined {
  if (name === '') return undefined
  if (!name.startsWith('file:')) return resolve(name)
  // What follows a # is the name of an export.
  if (name.includes('#')) return undefined
  try {
    return fileURLToPath(name)
  } catch {
    // That of another machine, for one.
    return undefined
  }
}

/** A package knows itself by its name: what it says with `exports` alone is known by no path. */
function ownNames(path: string): [id: string, from: string][] {
  const manifest = join(path, 'package.json')
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8'))
    return typeof name === 'string' ? [[name, manifest]] : []
  } catch {
    return []
  }
}

async function resolved(id: string, from: string): Promise<string | undefined> {
  try {
    const file = createRequire(from).resolve(id)
    // Node's own modules have none.
    return isAbsolute(file) ? file : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ? await imported(id, from) : undefined
  }
}

/** As `import` finds it, of a package that has nothing for `require`. */
async function imported(id: string, from: string): Promise<string | undefined> {
  const { createJiti } = await import('jiti')
  try {
    return fileURLToPath(createJiti(from).esmResolve(id))
  } catch {
    return undefined
  }
}
