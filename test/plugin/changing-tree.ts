import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import type { Discovery } from '@runnerd/plugin'
import { Tree } from './tree.ts'

/** npm stamps what it unpacks with one old date. */
const LONG_AGO = new Date('1985-10-26T08:15:00Z')

const MODULES = 'project/node_modules'
const PLUGINS = 'project/plugins'

/** A tree that changes in every way that people and package managers change one. */
export class ChangingTree extends Tree {
  #count = 10000
  readonly #random: () => number

  constructor(test: TestContext, random: () => number) {
    super(test)
    this.#random = random
    for (const name of ['a.js', 'b.mjs', 'c.js'])
      this.write({ [`${PLUGINS}/${name}`]: this.inline() })
    for (const name of ['esm.js', 'cjs.cjs', 'typed.ts']) this.#helper(name)
    this.write({
      [`${PLUGINS}/esm-1.js`]: this.importing('esm.js'),
      [`${PLUGINS}/esm-2.js`]: this.importing('esm.js'),
      [`${PLUGINS}/cjs-1.cjs`]: this.requiring('cjs.cjs'),
      [`${PLUGINS}/cjs-2.cjs`]: this.requiring('cjs.cjs'),
      [`${PLUGINS}/typed-1.ts`]: this.importing('typed.ts'),
      [`${PLUGINS}/typed-2.ts`]: this.importing('typed.ts'),
    })
    for (const at of [1, 2, 3, 4]) this.#pack(`${MODULES}/p${at}`)
    for (const at of [1, 2, 3]) this.#pack(`${MODULES}/@s/q${at}`)
    for (const at of [1, 2]) {
      this.#pack(`work/l${at}`)
      symlinkSync(this.at(`work/l${at}`), this.at(`${MODULES}/l${at}`))
      this.#store(`n${at}`)
    }
    this.write({ [`${MODULES}/plain/package.json`]: { name: 'plain' } })
  }

  readonly changes: Record<string, () => void> = {
    'edit in place': () => this.write({ [this.#local()]: this.inline() }),
    'edit in place, mtime restored': () => this.#quietly(this.at(this.#local()), this.inline()),
    'replace by an older file': () => this.#replace(this.at(this.#local()), this.inline()),
    add: () => this.write({ [`${PLUGINS}/${this.#token()}.js`]: this.inline() }),
    'add an old file': () => {
      const name = `${PLUGINS}/${this.#token()}.js`
      this.write({ [name]: this.inline() })
      utimesSync(this.at(name), LONG_AGO, LONG_AGO)
    },
    remove: () => rmSync(this.at(this.#local())),
    'remove what was added in the same breath': () => {
      const name = `${PLUGINS}/${this.#token()}.js`
      this.write({ [name]: this.inline() })
      rmSync(this.at(name))
    },
    rename: () => renameSync(this.at(this.#local()), this.at(`${PLUGINS}/${this.#token()}.js`)),
    'swap two': () => {
      const [one, two] = [this.at(this.#local()), this.at(this.#local())]
      renameSync(one, `${one}.tmp`)
      if (existsSync(two)) renameSync(two, one)
      renameSync(`${one}.tmp`, two)
    },
    touch: () => utimesSync(this.at(this.#local()), LONG_AGO, LONG_AGO),
    'edit what ESM imports': () => this.#helper('esm.js'),
    'edit what CommonJS requires': () => this.#helper('cjs.cjs'),
    'edit what TypeScript imports, mtime restored': () => {
      const path = this.at('project/src/typed.ts')
      this.#quietly(path, readFileSync(path, 'utf8').replace(/x\d+/, this.#token()))
    },
    'edit a package': () => this.#edit(this.#package()),
    'edit a package, mtime restored': () => this.#edit(this.#package(), true),
    'edit inside a package, mtime restored': () => {
      const path = this.at(`${this.#package()}/impl.js`)
      this.#quietly(path, readFileSync(path, 'utf8').replace(/x\d+/, this.#token()))
    },
    'upgrade a package as npm does': () => this.#upgrade(this.#package()),
    'upgrade a scoped package': () => this.#upgrade(this.#scoped()),
    'edit a scoped package': () => this.#edit(this.#scoped()),
    'add a package': () => this.#pack(`${MODULES}/p${this.#token()}`, true),
    'add a scoped package': () => this.#pack(`${MODULES}/@s/q${this.#token()}`, true),
    'add the first package of a scope': () => this.#pack(`${MODULES}/@${this.#token()}/q`, true),
    'remove a package': () => this.#remove(this.#package(), /^p/),
    'remove a scoped package': () => this.#remove(this.#scoped(), /^q/),
    'switch a version as pnpm does': () => this.#retarget(this.#pick(['n1', 'n2'])),
    'edit a linked package': () => this.#edit(`work/${this.#pick(['l1', 'l2'])}`),
    'edit a linked package, mtime restored': () =>
      this.#edit(`work/${this.#pick(['l1', 'l2'])}`, true),
    'upgrade a linked package': () => this.#upgrade(`work/${this.#pick(['l1', 'l2'])}`),
    'break a package.json': () =>
      this.write({ [`${this.#package()}/package.json`]: '{"runner" oops' }),
    'mend all package.json': () => this.#mend(),
  }

  /** What is in the files, read without any of the code under test. */
  truth(): string[] {
    const files = readdirSync(this.at(PLUGINS)).filter((name) => /\.[cm]?[jt]s$/.test(name))
    const packages = readdirSync(this.at(MODULES)).flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(this.at(`${MODULES}/${name}`)).map((each) => `${name}/${each}`)
        : [name],
    )
    const whole = packages.filter((name) => this.#isPlugin(name))
    return [
      ...files.map((name) => this.#says(this.at(`${PLUGINS}/${name}`))),
      ...whole.map((name) => this.#says(this.at(`${MODULES}/${name}/plugins/p.js`))),
    ].sort()
  }

  /** The same of what a search found. */
  found({ plugins }: Discovery): string[] {
    return plugins.map(({ tapname, description }) => `${tapname} ${description}`).sort()
  }

  inline(): string {
    return this.#dropin(`'${this.#token()}'`)
  }

  importing(helper: string): string {
    return `import { text } from '../src/${helper}'\n${this.#dropin('text')}`
  }

  requiring(helper: string): string {
    const esm = this.#dropin('text').replace('export const m', 'exports.m')
    return `const { text } = require('../src/${helper}')\n${esm.replace(/import (.*) from (.*)/, 'const $1 = require($2)')}`
  }

  /** One that leaves a trace each time it is imported. */
  #dropin(description: string): string {
    const trace = `import { appendFileSync } from 'node:fs'\nappendFileSync('${this.canaries}', '.')`
    return `${trace}\nexport const m = { tapname: '${this.#token()}', description: ${description}, makeService() {} }\n`
  }

  #says(file: string): string {
    const source = readFileSync(file, 'utf8')
    const own = /description: '(x\d+)'/.exec(source)?.[1]
    const helper = /(?:text \} from |require\()'(\.\.\/[^']*)'/.exec(source)?.[1]
    const there = own ? '' : readFileSync(resolve(dirname(realpathSync(file)), helper!), 'utf8')
    return `${/tapname: '(x\d+)'/.exec(source)![1]} ${own ?? /x\d+/.exec(there)![0]}`
  }

  #isPlugin(name: string): boolean {
    const path = this.at(`${MODULES}/${name}/package.json`)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    return text.includes('"runner"') && !text.includes('oops')
  }

  #token(): string {
    return `x${this.#count++}`
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!
  }

  #local(): string {
    const own = readdirSync(this.at(PLUGINS)).filter(
      (name) => /\.m?js$/.test(name) && !/^esm/.test(name),
    )
    return `${PLUGINS}/${own.length > 2 ? this.#pick(own) : this.#again(`${PLUGINS}/a.js`)}`
  }

  #again(name: string): string {
    this.write({ [name]: this.inline() })
    return basename(name)
  }

  #package(): string {
    return `${MODULES}/${this.#pick(readdirSync(this.at(MODULES)).filter((name) => /^p(x|\d)/.test(name)))}`
  }

  #scoped(): string {
    return `${MODULES}/@s/${this.#pick(readdirSync(this.at(`${MODULES}/@s`)))}`
  }

  #helper(name: string): void {
    const statement = name.endsWith('.cjs') ? 'exports.text' : 'export const text'
    this.write({ [`project/src/${name}`]: `${statement} = '${this.#token()}'` })
  }

  #pack(dir: string, old = false): void {
    const shim = this.importing('').replace('../src/', '../impl.js')
    this.write({
      [`${dir}/package.json`]: {
        name: basename(dir),
        version: '1.0.0',
        type: 'module',
        runner: {},
      },
      [`${dir}/plugins/p.js`]: shim,
      [`${dir}/impl.js`]: `export const text = '${this.#token()}'`,
    })
    if (old) this.#age(dir)
  }

  #age(dir: string): void {
    for (const name of ['package.json', 'plugins/p.js', 'impl.js']) {
      utimesSync(this.at(`${dir}/${name}`), LONG_AGO, LONG_AGO)
    }
  }

  #edit(dir: string, quietly = false): void {
    const path = this.at(`${dir}/plugins/p.js`)
    const text = readFileSync(path, 'utf8').replace(
      /tapname: 'x\d+'/,
      `tapname: '${this.#token()}'`,
    )
    if (quietly) this.#quietly(path, text)
    else this.write({ [`${dir}/plugins/p.js`]: text })
  }

  /** Same size, same inode, and an mtime that says nothing happened. */
  #quietly(path: string, text: string): void {
    const { atime, mtime } = statSync(path)
    this.write({ [path.slice(this.root.length)]: text })
    utimesSync(path, atime, mtime)
  }

  #replace(path: string, text: string): void {
    this.write({ [`${path}.tmp`.slice(this.root.length)]: text })
    utimesSync(`${path}.tmp`, LONG_AGO, LONG_AGO)
    renameSync(`${path}.tmp`, path)
  }

  #upgrade(dir: string): void {
    const aside = join(dirname(dir), `.${basename(dir)}-${this.#token()}`)
    renameSync(this.at(dir), this.at(aside))
    this.#pack(dir, true)
    rmSync(this.at(aside), { recursive: true })
  }

  #remove(dir: string, likes: RegExp): void {
    const others = readdirSync(dirname(this.at(dir))).filter((name) => likes.test(name))
    if (others.length > 2) rmSync(this.at(dir), { recursive: true })
  }

  /** Two versions in a store that share a file, as pnpm's do: one inode under two names. */
  #store(name: string): void {
    const [one, two] = [1, 2].map((at) => `${MODULES}/.pnpm/${name}@${at}/node_modules/${name}`)
    this.#pack(one!, true)
    this.#pack(two!, true)
    unlinkSync(this.at(`${two}/plugins/p.js`))
    linkSync(this.at(`${one}/plugins/p.js`), this.at(`${two}/plugins/p.js`))
    symlinkSync(`.pnpm/${name}@1/node_modules/${name}`, this.at(`${MODULES}/${name}`))
  }

  #retarget(name: string): void {
    const link = this.at(`${MODULES}/${name}`)
    const other = readlinkSync(link).includes('@1') ? 2 : 1
    unlinkSync(link)
    symlinkSync(`.pnpm/${name}@${other}/node_modules/${name}`, link)
  }

  #mend(): void {
    for (const name of readdirSync(this.at(MODULES)).filter((each) => /^p(x|\d)/.test(each))) {
      const path = `${MODULES}/${name}/package.json`
      if (readFileSync(this.at(path), 'utf8').includes('oops')) {
        this.write({ [path]: { name, version: '1.0.0', type: 'module', runner: {} } })
      }
    }
  }
}
