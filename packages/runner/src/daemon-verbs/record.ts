import type { Asked, DaemonClient } from '../control/daemon-client.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { catchStopSignals } from '../stop-signals.ts'
import type { OutputFile } from './output-file.ts'

/**
 * Writes a daemon's long answer to a file, and prints the name of the file. Of one
 * that is broken off, by whatever, nothing is left.
 */
export async function record(
  daemon: DaemonClient,
  asked: Asked,
  file: OutputFile,
): Promise<Outcome> {
  const signaled = catchStopSignals(() => {})
  try {
    const signal = await Promise.race([signaled, fill(file, daemon, asked)])
    if (signal !== undefined) {
      file.discard()
      return { signal }
    }
  } catch (error) {
    file.discard()
    throw await daemon.explain(error)
  }
  file.finish()
  if (!file.isStdout) print(1, `${file.name}\n`)
  return { status: ExitStatus.OK }
}

async function fill(file: OutputFile, daemon: DaemonClient, asked: Asked): Promise<undefined> {
  const { body } = await daemon.open(asked)
  for await (const piece of body) file.write(piece)
  return undefined
}
