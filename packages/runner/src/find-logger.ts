import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { UsageError } from '@runnerd/options'
import type { LoggerSource } from './plan.ts'

/**
 * Finds the module of `--logger MODULE#EXPORT`: a file, by its path from the starting
 * directory, or else what a `require` there would find, a package on the module path.
 *
 * @throws UsageError when there is neither
 */
export function findLogger(name: string, cwd: string): LoggerSource {
  const at = name.lastIndexOf('#')
  const [module, exported] = [name.slice(0, at), name.slice(at + 1)]
  if (at <= 0 || exported === '') {
    throw new UsageError(`option --logger needs MODULE#EXPORT, not ${JSON.stringify(name)}`)
  }
  return { name, file: fileOf(module, name, cwd), export: exported }
}

function fileOf(module: string, name: string, cwd: string): string {
  const file = resolve(cwd, module)
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file
  const isPath = isAbsolute(module) || /^\.\.?[/\\]/.test(module)
  if (!isPath) {
    const found = packageMain(module, cwd)
    if (found !== undefined && isAbsolute(found)) return found
  }
  const reason = isPath ? 'no such file' : 'no such file, and no such package on the module path'
  throw new UsageError(`cannot use logger ${name}: ${reason}`)
}

function packageMain(module: string, cwd: string): string | undefined {
  try {
    return createRequire(join(cwd, 'runner.js')).resolve(module)
  } catch {
    return undefined
  }
}
