import { log, Service } from 'runnerd'
import type { App } from './app-kinds.ts'

/** Has an app closed when the servers in front of it have stopped. */
export class AppService extends Service {
  readonly #app: App

  constructor(app: App) {
    super()
    this.#app = app
  }

  override async stopService(): Promise<void> {
    if (!this.running) return
    await super.stopService()
    if (this.#app.close === undefined) return
    await this.#app.close()
    log.msg(`closed the app: ${this.#app.kind}`)
  }
}

/** Tells an app that its connections are to end, before the servers in front of it stop. */
export class AppDrain extends Service {
  #tell: (() => unknown) | undefined

  constructor(tell: () => unknown) {
    super()
    this.#tell = tell
  }

  override drain(): void {
    const tell = this.#tell
    // A drain is followed by a stop.
    this.#tell = undefined
    // What it does is not waited for: the connections are.
    void (async () => tell?.())().catch((error) => log.err(error, 'The app failed to drain'))
  }

  override stopService(): void {
    if (this.running) this.drain()
    super.stopService()
  }
}
