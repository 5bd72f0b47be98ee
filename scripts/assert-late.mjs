// Stands in for node:assert when the command is bundled. yargs calls these two
// with every option it is told, and loading the real one takes longer than that.
export function strictEqual(actual, expected, message) {
  if (!Object.is(actual, expected)) throw new Error(message ?? 'not the same')
}

export function notStrictEqual(actual, expected, message) {
  if (Object.is(actual, expected)) throw new Error(message ?? 'the same')
}
