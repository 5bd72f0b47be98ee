import { readdirSync, readlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** The link to a global install of pnpm, of those that are beside each other. */
const PNPM_GROUP = /^(.*[/\\]v\d+)[/\\][0-9a-f]{32,}[/\\]node_modules[/\\]/s

/** More links than this in a row are a circle. */
const MOST_LINKS = 40

/**
 * The `node_modules` directories whose packages count as installed beside runner:
 * the one it is in, and those it is linked into by pnpm, which keeps every package
 * by itself.
 *
 * @param home the directory of runner's package, links followed
 * @param startedAs the path that the command was started by, links not followed
 */
export function besideRunner(home: string, startedAs: string | undefined): string[] {
  const beside = dirname(home)
  if (basename(beside) !== 'node_modules') return []
  return [beside, ...pnpmLinks(beside), ...pnpmGroups(startedAs)]
}

/** The global directory of pnpm 10 and before has its store beside `node_modules`, others in it. */
function pnpmLinks(beside: string): string[] {
  const store = dirname(dirname(beside))
  if (basename(store) !== '.pnpm') return []
  const dir = dirname(store)
  return [basename(dir) === 'node_modules' ? dir : join(dir, 'node_modules')]
}

/**
 * Since pnpm 11 every `pnpm add -g` makes a directory of its own, and a link to
 * it; the store that the packages are in is elsewhere. Only links are current:
 * what they pointed to before may still be there.
 */
function pnpmGroups(startedAs: string | undefined): string[] {
  const groups = startedAs === undefined ? undefined : globalDirectory(startedAs)
  if (groups === undefined) return []
  try {
    return readdirSync(groups, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => join(groups, name, 'node_modules'))
      .sort()
  } catch {
    return []
  }
}

function globalDirectory(startedAs: string): string | undefined {
  let path = startedAs
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const found = PNPM_GROUP.exec(path)?.[1]
    if (found !== undefined) return found
    try {
      path = resolve(dirname(path), readlinkSync(path))
    } catch {
      return undefined
    }
  }
  return undefined
}
