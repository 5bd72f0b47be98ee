import { readFile } from 'node:fs/promises'
import { log, Service } from 'runnerd'

/** Holds the poem. It is loaded when the service starts, and served as it is, byte for byte. */
export class PoetryService extends Service {
  poem: Buffer = Buffer.alloc(0)
  readonly #poetryFile: string

  constructor(poetryFile: string) {
    super()
    this.#poetryFile = poetryFile
  }

  override async startService(): Promise<void> {
    await super.startService()
    this.poem = await readFile(this.#poetryFile)
    log.msg(`loaded a poem from: ${this.#poetryFile}`)
  }
}
