import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { CHARGEN } from './chargen-lines.ts'
import { daytime, time } from './clock-services.ts'
import type { InternalName } from './internal-name.ts'

/** The internal services over TCP. */
export const internalStreams: { readonly [name in InternalName]: (socket: Socket) => void } = {
  echo: (socket) => {
    socket.pipe(socket)
  },
  discard: (socket) => {
    socket.resume()
  },
  chargen: (socket) => {
    socket.resume()
    const characters = new Readable({
      read() {
        this.push(CHARGEN)
      },
    })
    // It has no end: whoever connects goes away.
    characters.pipe(socket)
    socket.on('end', () => characters.unpipe(socket))
    socket.on('close', () => characters.destroy())
  },
  daytime: (socket) => {
    socket.resume()
    socket.end(daytime(new Date()))
  },
  time: (socket) => {
    socket.resume()
    socket.end(time(new Date()))
  },
}
