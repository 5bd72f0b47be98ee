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
