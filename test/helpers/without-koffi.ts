import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { root } from './paths.ts'
import { tempDir } from './temp-dir.ts'

/** The command as it is where the optional dependency could not be installed. */
export function withoutKoffi(t: TestContext): readonly string[] {
  const installed = join(root, 'packages', 'runner')
  const dir = join(tempDir(t), 'runnerd')
  const modules = join(dir, 'node_modules')
  mkdirSync(modules, { recursive: true })
  cpSync(join(installed, 'bundle'), join(dir, 'bundle'), { recursive: true })
  for (const name of readdirSync(join(installed, 'node_modules'))) {
    if (name === 'koffi') continue
    symlinkSync(join(installed, 'node_modules', name), join(modules, name))
  }
  return [process.execPath, join(dir, 'bundle', 'main.js')]
}
