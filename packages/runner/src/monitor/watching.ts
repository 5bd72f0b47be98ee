/**
 * What is told of a run to those who only look: a part of its own, loaded when a monitor
 * is on or somebody asks.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerLook } from './answer-looks.ts'
import { type Look, type Page, pages } from './pages.ts'
import type { LookPath } from './paths.ts'
import { Watch, type WatchedRun } from './watch.ts'

/** A run that is watched, and what is shown of it. */
export class Watching {
  readonly watch: Watch

  constructor(run: WatchedRun) {
    this.watch = new Watch(run)
  }

  /** What is at a path. */
  async page(path: LookPath, look: Look): Promise<Page> {
    return await pages[path](this.watch, look)
  }

  /** Answers whoever asks on the monitor. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return answerLook(this.watch, request, response)
  }
}
