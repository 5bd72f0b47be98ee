/**
 * Usage: log-with-others PATH NAME COUNT MAX_SIZE sync|yield: logs numbered lines to a
 * file that others log to as well, when stdin says so. COUNT 0 is without end.
 */
import { readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { openLogFile } from '@runnerd/logging'
import { write } from '../numbered-lines.ts'

const [path, name, count, maxSize, rhythm] = process.argv.slice(2)
const file = openLogFile(path!, { maxSize: Number(maxSize) })
process.stdout.write('ready\n')
readSync(0, Buffer.alloc(1))
for (let index = 0; index < (Number(count) || Number.POSITIVE_INFINITY); index += 1) {
  write(file, `${name} ${index} of a poem that is sent to whoever asks for it`)
  if (rhythm === 'yield' && index % 50 === 49) await setImmediate()
}
file.close()
