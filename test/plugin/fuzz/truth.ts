import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** What is to be found in these directories, read without any of the code under test. */
export interface Truth {
  /**
   * A line a plugin: the file, its tapname and description, and the version of its
   * package. One for each package whose package.json is broken, too. Sorted.
   */
  readonly lines: readonly string[]
  readonly broken: readonly string[]
  readonly files: readonly string[]
  /** The files that the dropins import. */
  readonly imports: readonly string[]
}

/** @param containers directories in search order: `plugins`, or `node_modules` */
export function truthOf(containers: readonly string[]): Truth {
  const truth = { lines: [], broken: [], files: [], imports: [] } as {
    [name in keyof Truth]: string[]
  }
  const seen = new Set<string>()
  const note = (file: string, version: string): void => {
    const real = realpathSync(file)
    if (seen.has(real)) return
    seen.add(real)
    const source = readFileSync(file, 'utf8')
    const imported = importOf(source, dirname(real))
    const description = imported
      ? /x\d+/.exec(readFileSync(imported, 'utf8'))![0]
      : /description: '(x\d+)'/.exec(source)![1]
    const tapname = /tapname: '(x\d+)'/.exec(source)![1]
    truth.lines.push([file, tapname, description, version].join(' '))
    truth.files.push(file)
    if (imported) truth.imports.push(imported)
  }
  for (const path of containers.flatMap(entriesOf)) {
    if (statSync(path).isFile()) note(path, '')
    else readPackage(path, note, truth.broken)
  }
  truth.lines.push(...truth.broken)
  truth.lines.sort()
  return truth
}

/** The dropins and packages in a directory, packages of scopes too. */
export function entriesOf(dir: string): string[] {
  const names = existsSync(dir) ? readdirSync(dir).sort() : []
  return names
    .filter((name) => !name.startsWith('.') && name !== 'dropin.cache')
    .flatMap((name) => (name.startsWith('@') ? entriesOf(join(dir, name)) : [join(dir, name)]))
    .filter((path) => existsSync(path))
}

function readPackage(
  dir: string,
  note: (file: string, version: string) => void,
  broken: string[],
): void {
  // A directory of something else.
  if (!existsSync(join(dir, 'package.json'))) return
  const text = readFileSync(join(dir, 'package.json'), 'utf8')
  if (text.includes('oops')) {
    broken.push(dir)
    return
  }
  const { runner, version } = JSON.parse(text)
  if (runner === undefined) return
  for (const name of readdirSync(join(dir, 'plugins'))) note(join(dir, 'plugins', name), version)
}

/** The file that has the text which a module imports, through those that only pass it on. */
function importOf(source: string, from: string): string | undefined {
  const wanted = /(?:text \} from |text \} = require\()'([^']+)'/.exec(source)?.[1]
  if (wanted === undefined) return undefined
  const path = pathOf(wanted, from)
  return importOf(readFileSync(path, 'utf8'), dirname(realpathSync(path))) ?? path
}

function pathOf(wanted: string, from: string): string {
  if (wanted.startsWith('.')) return withEnding(resolve(from, wanted))
  for (let dir = from; ; dir = dirname(dir)) {
    if (wanted.startsWith('#')) {
      const { imports } = manifestIn(dir)
      if (imports) return join(dir, imports[wanted]!)
    } else {
      const path = join(dir, 'node_modules', wanted)
      if (existsSync(path)) return join(path, manifestIn(path).main!)
    }
  }
}

function withEnding(path: string): string {
  return ['', '.js', '.json'].map((ending) => path + ending).find((each) => existsSync(each))!
}

function manifestIn(dir: string): { main?: string; imports?: Record<string, string> } {
  const path = join(dir, 'package.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}
