import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import { Layout } from './layout.ts'
import type { Random } from './random.ts'

/** A `node_modules` of links into `.pnpm`, where versions share files. */
export class PnpmStore extends Layout {
  readonly containers: readonly string[] = [this.at('project/node_modules')]

  constructor(test: Pick<TestContext, 'after'>, random: Random) {
    super(test, random)
    const modules = this.at('project/node_modules')
    for (const name of ['n1', 'n2', '@s/m1', '@s/m2']) this.install(name)()
    const user = this.stored('d1')
    const dependency = this.stored('dep')
    this.unpack(user, this.contents('d1', 'dep'))
    this.unpack(dependency, this.dependency())
    this.link(join(dirname(user), 'dep'), relative(dirname(user), dependency))
    this.link(join(modules, 'd1'), relative(modules, user))
    this.unpack(this.at('aside/w1'))
    this.link(join(modules, 'w1'), '../../aside/w1')
    this.write({ 'project/node_modules/.modules.yaml': '{}' })
  }

  install(name: string): () => void {
    const path = join(this.containers[0]!, name)
    const dir = this.stored(name)
    this.unpack(dir)
    return () => this.link(path, relative(dirname(path), dir))
  }

  override dependencyAt(): string {
    return join(dirname(realpathSync(join(this.containers[0]!, 'd1'))), 'dep')
  }

  /** Where a package of this name is stored. */
  stored(name: string): string {
    const modules = this.containers[0]!
    return join(modules, `.pnpm/${name.replace('/', '+')}@1.0.10000/node_modules/${name}`)
  }
}
