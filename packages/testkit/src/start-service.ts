import type { Application, IServiceMaker } from 'runnerd'
import { boundAddress } from './bound-address.ts'
import { makeTree, startTree, type Tree } from './make-tree.ts'
import type { OptionArguments } from './option-arguments.ts'
import { readOptions } from './read-options.ts'
import { ServiceLog } from './service-log.ts'
import type { StartedService } from './started-service.ts'

/**
 * Starts the service of a maker in this process with the steps of a run: parses
 * the options, calls `postOptions` and `makeService`, puts the service into an
 * `Application`, and calls both halves of the start down the tree. When the
 * promise resolves its ports accept connections.
 *
 * What belongs to a process is left out: no environment variables are read, no
 * pid file is written, and neither directory, umask nor user is changed.
 *
 * @param args - as on the command line, or an object of option values
 *
 * @throws UsageError for options that the operator would be refused
 * @throws what the start throws, when what was started has been stopped again
 *
 * @example
 * const hello = await startService(maker, ['--port', '0'])
 * const same = await startService(maker, { port: 0 })
 */
export async function startService<O = Record<string, unknown>>(
  maker: IServiceMaker,
  args: OptionArguments = [],
): Promise<StartedService<O>> {
  const values = await readOptions(maker, args)
  const log = new ServiceLog(maker.tapname)
  try {
    const tree = await makeTree(maker, values)
    await startTree(tree.application)
    return new RunningTree<O>(maker, tree, log)
  } catch (error) {
    log.close()
    throw error
  }
}

class RunningTree<O> implements StartedService<O> {
  readonly #maker: IServiceMaker
  readonly #tree: Tree
  readonly #log: ServiceLog
  #stopped: Promise<void> | undefined

  constructor(maker: IServiceMaker, tree: Tree, log: ServiceLog) {
    this.#maker = maker
    this.#tree = tree
    this.#log = log
    closeWith(tree.application, log)
  }

  get service(): StartedService<O>['service'] {
    return this.#tree.service
  }

  get options(): O {
    return this.#tree.options as O
  }

  get log(): readonly string[] {
    return this.#log.lines
  }

  line(pattern: RegExp): Promise<string> {
    return this.#log.line(pattern)
  }

  address(): { readonly host: string; readonly port: number } {
    const address = boundAddress(this.#tree.service)
    if (address === undefined) throw new Error(`no TCPServer of ${this.#maker.tapname} listens`)
    return address
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    const { application, service } = this.#tree
    try {
      await application.stopService()
    } finally {
      await service.disownServiceParent()
    }
  }
}

/** A tree that is stopped from within ends a run, and its log. */
function closeWith(application: Application, log: ServiceLog): void {
  const stopService = application.stopService
  application.stopService = async () => {
    try {
      await stopService.call(application)
    } finally {
      log.close()
    }
  }
}
