/** Usage: log-as-user PATH: as root opens a log of 1000 bytes, becomes nobody, logs 60 numbered lines. */
import { openLogFile } from '@runnerd/logging'
import { writeNumbers } from '../numbered-lines.ts'

const file = openLogFile(process.argv[2]!, { maxSize: 1000 })
process.setuid!(65534)
writeNumbers(file, 0, 60)
