/** Searches for plugins and prints what was found. */
import { getPlugins } from '@runnerd/plugin'

process.stdout.write(JSON.stringify(await getPlugins(JSON.parse(process.argv[2]!))))
