import type { ServerResponse } from 'node:http'

const REFUSED: unique symbol = Symbol('refused')

type Refused = ServerResponse & { [REFUSED]?: number }

/** The server has answered by itself, with this status, in the place of what was due. */
export function setRefused(response: ServerResponse, status: number): void {
  ;(response as Refused)[REFUSED] = status
}

/** What the client has got; 499, as nginx has it, if there was nobody to hear the answer. */
export function statusOf(response: ServerResponse): number {
  return (response as Refused)[REFUSED] ?? (response.headersSent ? response.statusCode : 499)
}
