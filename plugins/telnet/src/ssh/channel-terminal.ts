import type { PseudoTtyInfo, ServerChannel } from 'ssh2'
import { Terminal } from '../terminal.ts'

/** A terminal that an SSH client has asked for (RFC 4254, 6.2). */
export type WantedTerminal = Pick<PseudoTtyInfo, 'term' | 'cols' | 'rows'>

/** What ends the sessions of a client that doesn't read. */
export type LimitUnsent = (channel: ServerChannel) => void

/**
 * Makes a terminal of a channel; without line editing if no terminal was wanted.
 *
 * @param limit - called with what was written
 */
export function terminalOf(
  channel: ServerChannel,
  wanted: WantedTerminal | undefined,
  limit: LimitUnsent,
): Terminal {
  const terminal: Terminal = new Terminal(
    {
      send(bytes) {
        if (!channel.writable) return
        channel.write(bytes)
        limit(channel)
      },
      resume: () => channel.resume(),
      end() {
        if (!channel.writable) return
        channel.exit(0)
        channel.end()
      },
    },
    () => terminal.isTTY,
  )
  if (wanted !== undefined) {
    terminal.isTTY = true
    terminal.type = wanted.term || undefined
    terminal.resize(wanted.cols, wanted.rows)
  }
  channel
    .on('data', (bytes: Buffer) => {
      if (!terminal.typed(bytes)) channel.pause()
    })
    .on('end', () => terminal.endInput())
    .on('close', () => terminal.hangUp())
    .on('error', () => {})
  return terminal
}
