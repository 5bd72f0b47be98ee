/** Usage: log-to-stdout COUNT: logs numbered lines to a stdout that does not block; says done on stderr. */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { openStdoutLog } from '@runnerd/logging'
import { numbered } from '../numbered-lines.ts'

// Node makes a pipe that it has opened as a socket non-blocking: EAGAIN when it is full.
new Socket({ fd: 1, readable: false, writable: true }).unref()

const file = openStdoutLog()
for (let index = 0; index < Number(process.argv[2]); index += 1) {
  file.write({ time: 0, level: 'info', system: '-', text: `${numbered(index)} é 詩` })
}
writeSync(2, 'done\n')
process.exit(0)
