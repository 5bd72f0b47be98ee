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
    this.poem = await this.#read()
    log.msg(`loaded a poem from: ${this.#poetryFile}`)
  }

  /** @throws the system's error if there is no poem to read */
  override async checkStart(): Promise<void> {
    await this.#read()
  }

  async #read(): Promise<Buffer> {
    try {
      return await readFile(this.#poetryFile)
    } catch (error) {
      // Node doesn't name a directory that is read, and the line has to.
      throw Object.assign(error as Error, { path: this.#poetryFile })
    }
  }
}
