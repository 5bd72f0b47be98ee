import type { Server, ServerResponse } from 'node:http'
import { log } from '@runnerd/logging'
import { requestTarget } from '../request-target.ts'
import { asStarter } from '../shed-privileges.ts'
import { makeHttpServer, send } from './answer-requests.ts'
import { bindControl, type PipeHandle } from './bind-control.ts'
import { controlPath } from './control-path.ts'
import { ControlSocket } from './control-socket.ts'
import type { Controlled, StopReport } from './controlled.ts'
import { SAID } from './last-answer.ts'
import { register, unregister } from './registry.ts'

/** How long the end of the process waits for answers to be written, in ms. */
const GRACE = 200

/** How this process is reached by `runner status` and its like, from its pid file to its end. */
export class Control {
  readonly #pidfile: string
  readonly #socket: ControlSocket | undefined
  readonly #answers = new Set<ServerResponse>()
  #http: Server | undefined

  private constructor(pidfile: string, socket: ControlSocket | undefined) {
    this.#pidfile = pidfile
    this.#socket = socket
    this.#enter()
  }

  /**
   * Makes the control socket of the daemon with this pid file, which nobody is
   * accepted on yet. One that can't be made is a line in the log, and no more.
   *
   * @param over that a predecessor's is to be replaced, while it still listens
   */
  static async open(pidfile: string, over = false): Promise<Control> {
    const path = controlPath(pidfile)
    try {
      return new Control(pidfile, new ControlSocket(path, await bindControl(path, over)))
    } catch (error) {
      log.warn(`No control socket ${path}: ${(error as Error).message}`)
      return new Control(pidfile, undefined)
    }
  }

  /** Takes over a predecessor's socket by its handle, where the directory can't be written. */
  static takeOver(pidfile: string, handle: PipeHandle): Control {
    return new Control(pidfile, new ControlSocket(controlPath(pidfile), handle))
  }

  /** What a successor can take this over by; `undefined` where there is no socket. */
  get handle(): PipeHandle | undefined {
    return this.#socket?.handle
  }

  /** Answers from now on. */
  serve(controlled: Controlled): void {
    this.#socket?.listen((socket) => {
      this.#http ??= this.#makeServer(controlled)
      this.#http.emit('connection', socket)
    })
  }

  /** Gives the socket to the user that this process is about to become. */
  giveTo(uid: number, gid: number): void {
    this.#socket?.giveTo(uid, gid)
  }

  /** This process has become another user, who looks for it in a place of their own. */
  enterAgain(): void {
    this.#enter()
  }

  /** A successor has taken over: leaves the socket to it, and answers those who asked already. */
  letGo(): void {
    this.#leave()
    this.#socket?.letGo()
  }

  /** Waits until those who asked have their answers, but not for long. */
  async answered(): Promise<void> {
    const closed = [...this.#answers].map(
      (response) => new Promise((resolve) => response.on('close', resolve).on(SAID, resolve)),
    )
    if (closed.length === 0) return
    const late = new Promise((resolve) => setTimeout(resolve, GRACE))
    await Promise.race([Promise.all(closed), late])
  }

  /**
   * The process ends in the middle of a stop: answers at once whoever asked for that,
   * by what is written before this returns.
   */
  cutShort(report: StopReport): void {
    for (const response of this.#answers) {
      if (requestTarget(response.req.url).path === '/stop' && !response.headersSent)
        send(response, report)
    }
  }

  /** Removes the socket, if it is still ours; doing so twice does nothing. */
  remove(): void {
    this.#leave()
    this.#socket?.remove()
  }

  #enter(): void {
    const enter = (): void => register(this.#pidfile, process.env)
    enter()
    asStarter(enter)
  }

  #leave(): void {
    const leave = (): void => unregister(process.env)
    leave()
    asStarter(leave)
  }

  #makeServer(controlled: Controlled): Server {
    return makeHttpServer(controlled).on('request', (_request, response: ServerResponse) => {
      this.#answers.add(response)
      response.on('close', () => this.#answers.delete(response))
    })
  }
}
