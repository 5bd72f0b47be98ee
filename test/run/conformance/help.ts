import type { Row } from './row.ts'

/** The names in a list of plugins. */
function tapnames(help: string): string[] {
  const list = help.slice(help.search(/^(Commands|Plugins):$/m))
  return [...list.matchAll(/^ {4}(\S+) /gm)].map((match) => match[1] as string)
}

export const help: readonly Row[] = [
  {
    row: 1,
    does: 'without arguments prints its help',
    async observe(half) {
      const { status, stdout, stderr } = await half.run([])
      return { status, stderr, synopsis: /^Usage: \S+ \[options\]/.test(stdout) }
    },
    same: { status: 0, stderr: '', synopsis: true },
  },
  {
    row: 2,
    does: '--help lists the plugins, sorted',
    async observe(half) {
      const { status, stdout, stderr } = await half.run(['--help'])
      const names = tapnames(stdout)
      const sorted = names.join() === [...names].sort().join()
      return { status, stderr, sorted, several: names.length > 2, probe: names.includes('probe') }
    },
    same: { status: 0, stderr: '', sorted: true, several: true, probe: true },
  },
  {
    row: 3,
    does: '--version names itself and its version in the first line',
    async observe(half) {
      const { status, stdout, stderr } = await half.run(['--version'])
      return { status, stderr, first: /^(runner|twistd)\b.* \d+\.\d+\.\d+\n/.test(stdout) }
    },
    same: { status: 0, stderr: '', first: true },
  },
  {
    row: 4,
    does: 'PLUGIN --help shows defaults, and what a value must be',
    async observe(half) {
      const { status, stdout, stderr } = await half.run(['probe', '--help'])
      return {
        status,
        stderr,
        synopsis: /^Usage: \S+ \[options\] probe \[options\]\n/.test(stdout),
        default: /-N, --number.*\[default: 5\]/.test(stdout),
        must: /-N, --number.*(Must be a number|\[number\])/.test(stdout),
      }
    },
    same: { status: 0, stderr: '', synopsis: true, default: true, must: true },
  },
  {
    row: 5,
    does: 'help keeps within COLUMNS',
    async observe(half) {
      const { status, stdout } = await half.run(['probe', '--help'], { env: { COLUMNS: '40' } })
      const lines = stdout.split('\n').filter((line) => !line.startsWith('Usage: '))
      return { status, fits: lines.every((line) => line.length <= 40) }
    },
    same: { status: 0, fits: true },
  },
]
