import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, seen from the compiled tests. */
export const root: string = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** The command as it is installed. */
export const runnerBin: string = join(root, 'node_modules', '.bin', 'runner')

/** The dropins that the tests run, one behaviour each. */
export const fixtures: string = join(root, 'test', 'fixtures')

/** The plugins of this repository. */
export const ourPlugins: string = join(root, 'plugins')

export const ecstasy: string = join(root, 'poetry', 'ecstasy.txt')
