import { request } from 'node:http'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'

/** What a control socket answered. */
export interface ControlReply {
  readonly code: number
  readonly text: string
  /** As JSON; of `GET /status` if nothing else is said. */
  json<T = RunStatus>(): T
}

/**
 * Asks a control socket, as curl would. A test may be so busy that it is hung up on for
 * being slow before its first word: that was not heard, and is said again.
 */
export async function ask(
  socketPath: string,
  method: string,
  path: string,
  body = '',
): Promise<ControlReply> {
  for (;;) {
    try {
      return await askOnce(socketPath, method, path, body)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    }
  }
}

function askOnce(
  socketPath: string,
  method: string,
  path: string,
  body: string,
): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: false }, async (response) => {
      try {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve({ code: response.statusCode ?? 0, text, json: () => JSON.parse(text) })
      } catch (error) {
        reject(error)
      }
    })
    asked.on('error', reject).end(body)
  })
}
