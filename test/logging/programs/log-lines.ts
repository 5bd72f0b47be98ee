/** Usage: log-lines PATH COUNT sync|yield exit|throw|wait: logs numbered lines, says done, ends so. */
import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { addObserver, log, openLogFile } from '@runnerd/logging'
import { numbered } from '../numbered-lines.ts'

const [path, count, rhythm, ending] = process.argv.slice(2)
const file = openLogFile(path!)
addObserver((event) => file.write(event))

for (let index = 0; index < Number(count); index += 1) {
  log.msg(numbered(index))
  if (rhythm === 'yield' && index % 500 === 499) await setImmediate()
}
writeSync(1, 'done\n')

if (ending === 'exit') process.exit(0)
if (ending === 'throw') throw new Error('as asked')
// Blocks, so that nothing which waits for the next turn of the event loop is ever done.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
