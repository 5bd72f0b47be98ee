import { request } from 'node:http'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'

/** What a control socket answered. */
export interface ControlReply {
  readonly code: number
  readonly text: string
  /** As JSON; of `GET /status` if nothing else is said. */
  json<T = RunStatus>(): T
}

/** Asks a control socket, as curl would. */
export function ask(
  socketPath: string,
  method: string,
  path: string,
  body = '',
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
