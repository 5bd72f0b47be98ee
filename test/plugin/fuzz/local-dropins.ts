import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { Layout } from './layout.ts'
import type { Random } from './random.ts'

/** A `plugins/` directory with files of every kind in it, links to files, and packages. */
export class LocalDropins extends Layout {
  readonly containers: readonly string[] = [this.at('project/plugins')]

  constructor(test: Pick<TestContext, 'after'>, random: Random) {
    super(test, random)
    this.write({
      'project/src/esm.js': `export const text = '${this.token()}'\n`,
      'project/src/cjs.cjs': `exports.text = '${this.token()}'\n`,
      'project/src/typed.ts': `export const text: string = '${this.token()}'\n`,
      'project/plugins/a.js': this.dropin(),
      'project/plugins/b.js': this.dropin(),
      'project/plugins/c.mjs': this.dropin(),
      'project/plugins/esm-1.js': this.dropin('../src/esm.js'),
      'project/plugins/esm-2.js': this.dropin('../src/esm.js'),
      'project/plugins/cjs-1.cjs': this.required('../src/cjs.cjs'),
      'project/plugins/cjs-2.cjs': this.required('../src/cjs.cjs'),
      'project/plugins/typed.ts': this.dropin('../src/typed.ts'),
      'project/plugins/d1.js': this.dropin('dep'),
      'project/plugins/linked.js': this.dropin('../src/linked.js'),
      'project/plugins/named.js': this.dropin('#text'),
      'project/plugins/short.cjs': this.required('../src/short'),
      'project/src/named.js': this.text(),
      'project/src/short.json': JSON.stringify({ text: this.token() }),
      'project/package.json': { type: 'module', imports: { '#text': './src/named.js' } },
      'aside/l.js': this.dropin(),
    })
    this.link(this.at('project/plugins/l.js'), this.at('aside/l.js'))
    this.link(this.at('project/src/linked.js'), 'esm.js')
    this.unpack(this.at('project/plugins/p1'))
    this.unpack(this.at('project/plugins/p2'))
    this.unpack(this.dependencyAt(), this.dependency())
    this.unpack(this.at('aside/w1'))
    this.link(this.at('project/plugins/w1'), this.at('aside/w1'))
    this.unpack(this.at('store/n1@1.0.10000/n1'))
    this.link(this.at('project/plugins/n1'), this.at('store/n1@1.0.10000/n1'))
  }

  override dependencyAt(): string {
    return this.at('project/node_modules/dep')
  }

  install(name: string): () => void {
    const path = join(this.containers[0]!, basename(name))
    if (this.isHeads()) return () => this.unpack(path)
    const text = this.dropin()
    return () => writeFileSync(`${path}.js`, text)
  }
}
