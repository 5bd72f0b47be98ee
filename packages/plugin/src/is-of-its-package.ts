import { join } from 'node:path'
import type { FoundDirectory } from './gather.ts'
import { readPluginPackage } from './plugin-package.ts'

/** True for a dropin of no package, or one that its package names. */
export async function isOfItsPackage(
  { dir, units }: FoundDirectory,
  file: string,
): Promise<boolean> {
  for (const [name, { package: of, dropins }] of units) {
    if (!dropins.some((dropin) => join(dir, dropin.file) === file)) continue
    if (of === undefined) return true
    const found = await readPluginPackage(join(dir, name)).catch(() => undefined)
    return found?.files.some((each) => join(dir, name, each) === file) ?? false
  }
  return false
}
