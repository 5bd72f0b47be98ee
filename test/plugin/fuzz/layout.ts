import { execFileSync } from 'node:child_process'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Discovery } from '@runnerd/plugin'
import { Tree } from '../tree.ts'
import { pick, type Random } from './random.ts'
import { entriesOf, type Truth, truthOf } from './truth.ts'

/** npm stamps what it unpacks with one old date. */
const LONG_AGO = new Date('1985-10-26T08:15:00Z')

/** The text of each file of a package, by its path in it. */
export type Contents = Readonly<Record<string, string>>

/** A tree of one layout that dropins are kept in, and the means to change it. */
export abstract class Layout extends Tree {
  /** The directories that are searched, in search order. */
  abstract readonly containers: readonly string[]
  readonly random: Random
  #count = 10000
  #last = ''

  constructor(test: Pick<TestContext, 'after'>, random: Random) {
    super(test)
    this.random = random
    mkdirSync(this.at('staging'))
  }

  /** Gets a dropin or package of this name ready; the function puts it in its place. */
  abstract install(name: string): () => void

  truth(): Truth {
    return truthOf(this.containers)
  }

  /** The same lines, of what a search found. */
  found({ plugins, faults }: Discovery): string[] {
    const lines = plugins.map(({ file, tapname, description, package: of }) =>
      [file, tapname, description, of?.version ?? ''].join(' '),
    )
    return [...lines, ...faults.map(({ file }) => file)].sort()
  }

  /** A word that was never used, as long as any other. */
  token(): string {
    return `x${this.#count++}`
  }

  pick<T>(from: readonly T[]): T {
    return pick(this.random, from)
  }

  isHeads(): boolean {
    return this.random() < 0.5
  }

  /** One of these; at times the last one again, since that has only just been read. */
  target(from: readonly string[]): string {
    if (!from.includes(this.#last) || this.isHeads()) this.#last = this.pick(from)
    return this.#last
  }

  /** The dropins and plugin packages, as they are reached. */
  entries(): string[] {
    const others = ['d1', 'd1.js', 'dep', 'plain', 'linked.js', 'named.js', 'short.cjs']
    return this.containers.flatMap(entriesOf).filter((path) => !others.includes(basename(path)))
  }

  /** Those that may go: one of each sort stays. */
  removable(): string[] {
    return this.entries().filter((path) => !/^([npw]1|l\.js)$/.test(basename(path)))
  }

  /** Makes room for one more. */
  thin(): void {
    while (this.entries().length > 14) rmSync(this.pick(this.removable()), { recursive: true })
  }

  /** Packages that are directories. */
  packages(): string[] {
    return this.entries().filter((path) => lstatSync(path).isDirectory())
  }

  /** Links to packages, those into a store or those to a place where somebody works. */
  links(where: 'store' | 'work'): string[] {
    return this.entries().filter(
      (path) =>
        lstatSync(path).isSymbolicLink() &&
        realpathSync(path).includes('@1.0.') === (where === 'store'),
    )
  }

  /** The text of a dropin whose description is in it, or in a file that it imports. */
  dropin(from?: string): string {
    const description = from ? 'text' : `'${this.token()}'`
    return `import { appendFileSync } from 'node:fs'
${from ? `import { text } from '${from}'\n` : ''}appendFileSync('${this.canaries}', '.')
export const m = { tapname: '${this.token()}', description: ${description}, makeService() {} }\n`
  }

  required(from: string): string {
    return this.dropin(from)
      .replace(/^import (.*) from (.*)$/gm, 'const $1 = require($2)')
      .replace('export const m', 'exports.m')
  }

  /** The text in a file, saying something else in as many bytes. */
  edited(path: string): string {
    const text = readFileSync(path, 'utf8')
    const tapname = `tapname: '${this.token()}'`
    return text.includes("tapname: '")
      ? text.replace(/tapname: 'x\d+'/, tapname)
      : text.replace(/x\d+/, this.token())
  }

  /** The contents of a new version of a package. */
  contents(name: string, from = '../impl.js'): Contents {
    const version = `1.0.${this.token().slice(1)}`
    return {
      'package.json': JSON.stringify({ name, version, type: 'module', runner: {} }),
      'plugins/p.js': this.dropin(from),
      ...(from.startsWith('.') ? { 'impl.js': `export const text = '${this.token()}'\n` } : {}),
    }
  }

  /** The contents of the package that dropins import, and which is none itself. */
  dependency(): Contents {
    const deep = Object.entries(this.deepDependency())
    return {
      'package.json': this.#manifestOf('dep'),
      'index.js': "export { text } from 'deep'\n",
      ...Object.fromEntries(deep.map(([name, text]) => [`node_modules/deep/${name}`, text])),
    }
  }

  /** The contents of the package that this one imports. */
  deepDependency(): Contents {
    return { 'package.json': this.#manifestOf('deep'), 'index.js': this.text() }
  }

  #manifestOf(name: string): string {
    const version = `1.0.${this.token().slice(1)}`
    return JSON.stringify({ name, version, type: 'module', main: 'index.js' })
  }

  /** A module that says something new. */
  text(): string {
    return `export const text = '${this.token()}'\n`
  }

  /** Unpacks a package with the dates that npm gives. */
  unpack(dir: string, contents: Contents = this.contents(basename(dir))): void {
    for (const [name, text] of Object.entries(contents)) {
      const path = join(dir, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      age(path)
    }
  }

  /**
   * Unpacks another version of a package in a store. What it shares with the one
   * before is one file under two names.
   */
  store(before: string): string {
    const dir = before.replace(/@1\.0\.\d+/, `@1.0.${this.token().slice(1)}`)
    this.unpack(dir)
    rmSync(join(dir, 'plugins/p.js'))
    linkSync(join(before, 'plugins/p.js'), join(dir, 'plugins/p.js'))
    return dir
  }

  /** Where the package is that `d1` imports. */
  dependencyAt(): string {
    return join(this.containers.at(-1)!, 'dep')
  }

  /** A place on the same file system that nobody searches. */
  staging(name: string = this.token()): string {
    return this.at(`staging/${name}`)
  }

  /** A file there with this text and an old date. */
  staged(text: string): string {
    const path = this.staging()
    writeFileSync(path, text)
    age(path)
    return path
  }

  /** Says how a file's mtime can be given back to it, to the nanosecond. */
  mtimeOf(path: string): () => void {
    const reference = this.staged('')
    execFileSync('touch', ['-r', path, reference])
    return () => execFileSync('touch', ['-r', reference, path])
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path)
  }

  /** Lets a link lead elsewhere: in two steps, or in one. */
  retarget(path: string, target: string): void {
    if (this.isHeads()) {
      unlinkSync(path)
      symlinkSync(target, path)
    } else {
      const draft = join(dirname(path), `.${this.token()}`)
      symlinkSync(target, draft)
      renameSync(draft, path)
    }
  }

  /** Gives the dropins the times of a clock that is right again. */
  restamp(): void {
    for (const path of this.truth().files) writeFileSync(path, readFileSync(path))
  }

  /** Removes what is no longer needed between two rounds. */
  tidy(): void {
    rmSync(this.at('staging'), { recursive: true })
    mkdirSync(this.at('staging'))
  }
}

function age(path: string): void {
  utimesSync(path, LONG_AGO, LONG_AGO)
}
