/** Usage: print restore|exit: prints before, in and after a capture; at exit prints the log. */
import { writeSync } from 'node:fs'
import { addObserver, captureStdio } from '@runnerd/logging'

const lines: string[] = []
addObserver((event) => lines.push(`${event.text}\n`))
console.log('before')

const restore = captureStdio()
process.on('exit', () => {
  if (process.argv[2] === 'exit') process.stdout.write('at exit')
  writeSync(1, `--- log\n${lines.join('')}`)
})
const captured = process.stdout
console.log('during')
captured.write('partial')

if (process.argv[2] === 'restore') {
  restore()
  process.stdout.write('after\n')
  captured.write('by the old stream\n')
  console.log('by the console')
}
