import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { log, Service } from 'runnerd'

/** Runs a program, and says whether it was this that has ended it. */
export class Starter extends Service {
  startsProcesses = true
  #program
  #ended
  #isTold = false

  async startService() {
    await super.startService()
    this.#program = spawn('sleep', ['1000'], { stdio: 'ignore' })
    this.#ended = once(this.#program, 'exit').then(() => {
      log.msg(`the program was ended by ${this.#isTold ? 'its service' : 'somebody else'}`)
    })
  }

  async stopService() {
    this.#isTold = true
    this.#program.kill()
    await this.#ended
    await super.stopService()
  }
}
