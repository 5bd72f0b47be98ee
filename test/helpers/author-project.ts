import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './paths.ts'
import { packRunnerd, run, type ToolRun, tsc } from './tools.ts'

/** What the compiler is told besides being strict. */
export type CompilerOptions = Readonly<Record<string, unknown>>

/** A project outside of this repository, with `runnerd` installed from its tarball. */
export class AuthorProject {
  readonly dir: string

  /** @param dir an empty directory */
  constructor(dir: string) {
    this.dir = dir
    const node = readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8')
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', packRunnerd(dir)]
    this.write('package.json', '{ "private": true, "type": "module" }\n')
    const { status, output } = run('npm', [...args, `@types/node@${JSON.parse(node).version}`], dir)
    if (status !== 0) throw new Error(`cannot install runnerd: ${output}`)
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.dir, file)), { recursive: true })
    writeFileSync(join(this.dir, file), text)
  }

  copy(from: string, to: string): void {
    cpSync(from, join(this.dir, to), { recursive: true })
  }

  /** Type checks files: strictly, those of `runnerd` and Node too. */
  compile(
    include: readonly string[],
    options: CompilerOptions = {},
    compiler: string = tsc,
  ): ToolRun {
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ['node'],
      ...options,
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include }))
    return run(process.execPath, [compiler, '-p', this.dir], this.dir)
  }
}
