import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Layout } from './layout.ts'
import type { Random } from './random.ts'

/** A flat `node_modules`, as npm makes it, with a package that was linked by `npm link`. */
export class NpmPackages extends Layout {
  readonly containers: readonly string[] = [this.at('project/node_modules')]

  constructor(test: Pick<TestContext, 'after'>, random: Random) {
    super(test, random)
    const modules = this.at('project/node_modules')
    for (const name of ['p1', 'p2', 'p3', '@s/q1', '@s/q2']) this.unpack(join(modules, name))
    this.unpack(join(modules, 'd1'), this.contents('d1', 'dep'))
    this.unpack(join(modules, 'dep'), this.dependency())
    this.unpack(join(modules, 'plain'), { 'package.json': '{"name":"plain"}' })
    this.unpack(this.at('aside/w1'))
    this.link(join(modules, 'w1'), '../../aside/w1')
    this.write({ 'project/node_modules/.package-lock.json': '{}' })
  }

  install(name: string): () => void {
    const path = join(this.containers[0]!, name)
    return () => this.unpack(path)
  }
}
