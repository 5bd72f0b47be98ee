/** Usage: log-early COUNT: logs so many lines, then prints as JSON what two observers got. */
import { addObserver, log } from '@runnerd/logging'

const count = Number(process.argv[2])
for (let index = 0; index < count; index += 1) log.msg(`line ${index}`)

const first: string[] = []
const second: string[] = []
addObserver((event) => first.push(event.text))
addObserver((event) => second.push(event.text))
log.msg('late')
process.stdout.write(JSON.stringify({ first, second }))
