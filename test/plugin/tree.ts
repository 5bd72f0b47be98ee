import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Discovery, getPlugins, type PluginSearch } from '@runnerd/plugin'

/** A door that knows the one thing most dropins need of it. */
const DOOR = `
  export function defineServiceMaker(maker) {
    return Object.freeze({ [Symbol.for('runnerd.IPlugin')]: 1, ...maker })
  }
`

/** Real files in a temporary directory, and searches that begin in its `project`. */
export class Tree {
  readonly root: string
  readonly project: string
  /** Where each import of a dropin made by `canary` is noted. */
  readonly canaries: string

  constructor(test: Pick<TestContext, 'after'>) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'plugin-')))
    test.after(() => rmSync(this.root, { recursive: true, force: true }))
    this.project = join(this.root, 'project')
    this.canaries = join(this.root, 'canaries')
    this.write({ 'door.js': DOOR, 'package.json': '{"type":"module"}', canaries: '', 'home/x': '' })
    this.write({ 'project/.git': '', 'project/package.json': '{"type":"module"}' })
  }

  /** Writes files, named from the root of the tree; a package.json may be an object. */
  write(files: Readonly<Record<string, string | object>>): void {
    for (const [name, content] of Object.entries(files)) {
      const path = this.at(name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    }
  }

  at(name: string): string {
    return join(this.root, name)
  }

  search(more: Partial<PluginSearch> = {}): PluginSearch {
    return {
      cwd: this.project,
      variables: { HOME: this.at('home') },
      pluginPath: [],
      runnerHome: this.at('runner'),
      door: this.at('door.js'),
      version: '0.1.0',
      writer: 'test',
      ...more,
    }
  }

  async find(more?: Partial<PluginSearch>): Promise<Discovery> {
    return await getPlugins(this.search(more))
  }

  /** Searches until the cache holds all it can: what has only just changed it can't. */
  async warm(more?: Partial<PluginSearch>): Promise<Discovery> {
    await this.find(more)
    await pastTick()
    return await this.find(more)
  }
}

/** Waits until a change made now bears another time than any made before. */
export async function pastTick(): Promise<void> {
  const start = Date.now()
  while (Date.now() <= start + 20) await setTimeout(5)
}

/** A dropin in CommonJS or ESM that imports nothing. */
export function dropin(
  tapname: string,
  description = `The ${tapname} service.`,
  more = '',
): string {
  return `export const maker = {
    tapname: ${JSON.stringify(tapname)},
    description: ${JSON.stringify(description)},
    makeService() {},
    ${more}
  }\n`
}

/** A dropin that notes when it is imported. */
export function canary(tree: Tree, tapname: string): string {
  const note = `appendFileSync(${JSON.stringify(tree.canaries)}, '${tapname} ')`
  return `import { appendFileSync } from 'node:fs'\n${note}\n${dropin(tapname)}`
}

/** A package.json of a plugin package. */
export function manifest(name: string, plugins?: unknown, version = '1.0.0'): object {
  return { name, version, type: 'module', runner: plugins === undefined ? {} : { plugins } }
}

export function tapnames({ plugins }: Discovery): string[] {
  return plugins.map(({ tapname }) => tapname)
}

export function inode(path: string): number {
  return statSync(path).ino
}
