import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** A pipe that a program writes into, and that is read here. */
export interface OutputPipe {
  readonly reader: Socket
  /** The descriptor of the other end, to be closed when the program has it. */
  readonly writer: number
}

/**
 * Makes pipes. What Node calls so for a program that it starts is a socket, which that
 * can't open by its name: `/dev/stdout`, `/dev/stderr`.
 *
 * @returns none where they can't be made, as without mkfifo(1)
 */
export function outputPipes(count: number): OutputPipe[] {
  const opened: number[] = []
  let dir: string | undefined
  try {
    dir = mkdtempSync(join(tmpdir(), 'output-of-procmon-'))
    const paths = Array.from({ length: count }, (_, at) => join(dir as string, String(at)))
    // A program that has become another user may open it too: nobody else finds it.
    const { status } = spawnSync('mkfifo', ['-m', '622', ...paths], { stdio: 'ignore' })
    if (status !== 0) return []
    for (const path of paths) {
      // The reader first, and not waiting: the writer waits until there is one.
      opened.push(openSync(path, O_RDONLY | O_NONBLOCK))
      opened.push(openSync(path, O_WRONLY))
    }
    return paths.map((_, at) => pipeOf(opened[2 * at] as number, opened[2 * at + 1] as number))
  } catch {
    for (const fd of opened) closeSync(fd)
    return []
  } finally {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
  }
}

function pipeOf(reader: number, writer: number): OutputPipe {
  return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer }
}
