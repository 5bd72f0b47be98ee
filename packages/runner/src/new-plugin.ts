import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, parse } from 'node:path'
import { tapnameFault } from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { projectLanguage } from './project-language.ts'
import { RunnerError } from './runner-error.ts'

const DOOR = 'runnerd'
const ENDINGS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/**
 * Writes the dropin of a new plugin into `plugins/` of `cwd`, in TypeScript
 * where the project around it is. It listens on a port and says hello.
 *
 * @param language - overrides what the project is written in
 * @returns the path of the file, from `cwd`: `plugins/hello.ts`
 *
 * @throws RunnerError `ERR_TAPNAME` for a name that no plugin may have,
 *   `ERR_PLUGIN_EXISTS` when `plugins/` has a file or folder of that name
 *
 * @example
 * newPlugin(process.cwd(), 'hello')
 */
export function newPlugin(cwd: string, name: string, language?: 'ts' | 'js'): string {
  const fault = tapnameFault(name)
  if (fault !== undefined) {
    throw new RunnerError('ERR_TAPNAME', ExitStatus.USAGE, `cannot create a plugin: ${fault}`)
  }
  const path = join('plugins', `${name}.${language ?? projectLanguage(cwd)}`)
  mkdirSync(join(cwd, 'plugins'), { recursive: true })
  const taken = readdirSync(join(cwd, 'plugins')).find((entry) => isNamed(entry, name))
  if (taken !== undefined) throw exists(path, join('plugins', taken))
  write(cwd, path, dropin(name))
  return path
}

function isNamed(entry: string, name: string): boolean {
  const { name: stem, ext } = parse(entry)
  return entry === name || (stem === name && ENDINGS.includes(ext))
}

function write(cwd: string, path: string, text: string): void {
  const file = join(cwd, path)
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw exists(path, path)
    rmSync(file, { force: true })
    throw error
  }
}

function exists(path: string, taken: string): RunnerError {
  const message = `cannot create ${path}: ${path === taken ? 'it' : taken} exists`
  return new RunnerError('ERR_PLUGIN_EXISTS', ExitStatus.CANTCREAT, message)
}

/** The same in both languages: all its types are inferred. */
function dropin(tapname: string): string {
  return `import { defineServiceMaker, log, MultiService, TCPServer } from '${DOOR}'

export const maker = defineServiceMaker({
  tapname: '${tapname}',
  description: 'Says hello.',
  options: {
    port: { alias: 'p', type: 'number', default: 7000, describe: 'The port number to listen on.' },
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  makeService(options) {
    const top = new MultiService()
    const server = new TCPServer(
      options.port,
      (socket) => {
        log.msg(\`greeting \${options.name}\`)
        socket.end(\`hello \${options.name}\\n\`)
      },
      { interface: 'localhost' },
    )
    server.setServiceParent(top)
    return top
  },
})
`
}
