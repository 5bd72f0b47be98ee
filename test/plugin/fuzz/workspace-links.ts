import { dirname, join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import type { PluginSearch } from '@runnerd/plugin'
import { Layout } from './layout.ts'
import type { Random } from './random.ts'

/**
 * A workspace: packages that are worked on, linked into the `node_modules` of one
 * that uses them, where a search begins, and into that of the root.
 */
export class WorkspaceLinks extends Layout {
  readonly app: string = this.at('project/apps/app')
  readonly containers: readonly string[] = [
    join(this.app, 'node_modules'),
    this.at('project/node_modules'),
  ]

  constructor(test: Pick<TestContext, 'after'>, random: Random) {
    super(test, random)
    this.write({
      'project/package.json': { workspaces: ['packages/*', 'apps/*'] },
      'project/apps/app/package.json': { name: 'app', type: 'module' },
      'project/node_modules/.package-lock.json': '{}',
    })
    const [near, root] = this.containers as [string, string]
    for (const name of ['w1', 'w2', '@s/w3']) this.install(name)()
    for (const name of ['w4', '@s/w5']) this.#work(name, root)()
    this.unpack(join(root, 'p1'))
    this.unpack(join(root, 'p2'))
    const stored = join(root, '.pnpm/n1@1.0.10000/node_modules/n1')
    this.unpack(stored)
    this.link(join(near, 'n1'), relative(near, stored))
    this.unpack(join(root, 'd1'), this.contents('d1', 'dep'))
    this.unpack(join(root, 'dep'), this.dependency())
  }

  override search(more: Partial<PluginSearch> = {}): PluginSearch {
    return super.search({ cwd: this.app, ...more })
  }

  install(name: string): () => void {
    return this.#work(name, this.containers[0]!)
  }

  #work(name: string, modules: string): () => void {
    const dir = this.at(`project/packages/${name.replace('/', '-')}`)
    const path = join(modules, name)
    this.unpack(dir)
    return () => this.link(path, relative(dirname(path), dir))
  }
}
