/**
 * What is told of a run to those who only look: a part of its own, loaded when a monitor
 * is on or somebody asks.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerLook } from './answer-looks.ts'
import { type Page, pages } from './pages.ts'
import type { LookPath } from './paths.ts'
import { Watch, type WatchedRun } from './watch.ts'

/** A run that is watched, and what is shown of it. */
export class Watching {
  readonly watch: Watch

  constructor(run: WatchedRun) {
    this.watch = new Watch(run)
  }

  /** What is at a path, for programs. */
  async page(path: LookPath, query: URLSearchParams): Promise<Page> {
    return await pages[path](this.watch, { query, wantsHTML: false })
  }

  /** Answers whoever asks on the monitor. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return answerLook(this.watch, request, response)
  }
}
