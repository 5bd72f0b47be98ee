import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { CannotCreate, ExitStatus } from './cannot-create.ts'
import { fillTemplate } from './fill-template.ts'
import type { PluginName } from './plugin-name.ts'
import type { Template } from './template.ts'
import { RANGE } from './version.ts'

/**
 * Makes the plugin package, in a directory of its name in `cwd`. It is
 * written beside and moved into place whole, so that nothing half-written is left.
 *
 * @throws CannotCreate when the directory is there and not empty, or can't be made
 */
export function makePackage(cwd: string, name: PluginName, template: Template): void {
  const target = join(cwd, name.directory)
  let draft: string | undefined
  try {
    draft = mkdtempSync(join(cwd, `.${name.directory}-`))
    // A directory of its own in there: mkdtemp's is closed to everyone else.
    const made = join(draft, name.directory)
    mkdirSync(made)
    const placeholders = { name: name.package, tapname: name.tapname, range: RANGE }
    fillTemplate(template, made, placeholders)
    removeEmpty(target)
    renameSync(made, target)
  } catch (error) {
    throw cannotCreate(name.directory, error as NodeJS.ErrnoException)
  } finally {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true })
  }
}

/** Windows doesn't rename onto an empty directory. */
function removeEmpty(dir: string): void {
  try {
    rmdirSync(dir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function cannotCreate(directory: string, error: NodeJS.ErrnoException): unknown {
  const { code = '', errno } = error
  if (errno === undefined) return error
  const isForbidden = code === 'EACCES' || code === 'EPERM'
  const status = isForbidden ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
  const reason = IN_THE_WAY[code] ?? getSystemErrorMap().get(errno)?.[1] ?? error.message
  return new CannotCreate(status, directory, reason)
}

const IN_THE_WAY: Readonly<Record<string, string>> = {
  EEXIST: 'the directory is not empty',
  ENOTEMPTY: 'the directory is not empty',
  ENOTDIR: 'a file of that name is in the way',
}
