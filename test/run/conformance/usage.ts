import { type Difference, differences } from './differences.ts'
import { files, told } from './observe.ts'
import type { Row } from './row.ts'

/** A command line that both refuse, each in its way. */
function refused(
  row: number,
  does: string,
  args: readonly string[],
  [runner, twistd]: readonly [string, string],
  ...more: readonly Difference[]
): Row {
  return {
    row,
    does,
    observe: async (half) => ({ ...told(half, await half.run(args)), files: files(half) }),
    differs: [differences.usage, ...more],
    runner: { status: 64, on: 'stderr', says: runner, files: [] },
    twistd: { status: 0, on: 'stdout', says: twistd, files: [] },
  }
}

export const usage: readonly Row[] = [
  refused(
    6,
    'an unknown option',
    ['--bogus'],
    ['cannot read the command line: unknown option --bogus', 'option --bogus not recognized'],
  ),
  refused(
    7,
    'an unknown plugin',
    ['nosuch'],
    [
      'cannot find plugin nosuch: no plugin of that name on the module path',
      'Unknown command: nosuch',
    ],
  ),
  refused(
    8,
    'an option without its value',
    ['--logfile'],
    [
      'cannot read the command line: option --logfile requires a value',
      'option --logfile requires argument',
    ],
  ),
  refused(
    8,
    'an option where a value should be',
    ['--logfile', '-n', '--bogus'],
    [
      'cannot read the command line: option --logfile requires a value',
      'option --bogus not recognized',
    ],
    differences.dashes,
  ),
  refused(
    9,
    'the beginning of several options',
    ['--lo', 'x'],
    ['cannot read the command line: unknown option --lo', 'option --lo not a unique prefix'],
    differences.abbreviations,
  ),
  refused(
    9,
    'the beginning of one option',
    ['--logf', 'x', '--bogus'],
    ['cannot read the command line: unknown option --logf', 'option --bogus not recognized'],
    differences.abbreviations,
  ),
  refused(
    10,
    'a value for a flag',
    ['probe', '--loud=1'],
    ['cannot run probe: option --loud takes no value', 'option --loud must not have an argument'],
  ),
  refused(
    11,
    'a value of the wrong type',
    ['probe', '-N', 'abc'],
    [
      'cannot run probe: option --number needs a number, not "abc"',
      "Parameter type enforcement failed: invalid literal for int() with base 10: 'abc'",
    ],
  ),
  refused(
    12,
    'arguments that the plugin does not take',
    ['probe', 'x', 'y', 'z'],
    ['cannot run probe: unexpected argument "x"', 'Wrong number of arguments.'],
  ),
  {
    row: 12,
    does: 'what postOptions is against',
    async observe(half) {
      const ended = await half.run(['--pidfile=', 'probe', '--refuse', 'not like this'])
      return { ...told(half, ended), files: files(half) }
    },
    differs: [differences.usage, differences.late],
    runner: {
      status: 64,
      on: 'stderr',
      says: 'cannot run probe: not like this',
      files: ['PROGRAM.log'],
    },
    twistd: { status: 0, on: 'stdout', says: 'not like this', files: [] },
  },
  refused(
    6,
    'an option that Node has no sense for',
    ['--reactor=poll', 'nosuch'],
    [
      'cannot use --reactor: Node has one event loop and no other to choose',
      'Unknown command: nosuch',
    ],
    differences.senseless,
  ),
  {
    row: 1,
    does: 'an option and nothing to run',
    async observe(half) {
      const { status, on } = told(half, await half.run(['-n', '--pidfile=']))
      return { status, on, files: files(half) }
    },
    differs: [differences.nothing, differences.statuses],
    runner: { status: 64, on: 'stderr', files: [] },
    twistd: { status: 1, on: 'stderr', files: [] },
  },
  {
    row: 9,
    does: 'short options together, with their value, and the last of two',
    async observe(half) {
      const args = ['-nlone.log', '-l', 'two.log', '--pidfile=x', '--pidfile', 'y']
      await half.foreground([...args, '--', 'probe', '--trace', 'trace'])
      return { files: files(half) }
    },
    same: { files: ['two.log', 'y'] },
  },
]
