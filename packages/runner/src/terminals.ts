/** Which of the standard descriptors are terminals. */
export function terminals(): readonly number[] {
  return [0, 1, 2].filter(isTerminal)
}

/** Whether one that was a terminal is none any more: whoever sat there has hung up. */
export function hasHungUp(before: readonly number[]): boolean {
  return before.some((fd) => !isTerminal(fd))
}

function isTerminal(fd: number): boolean {
  return process.getBuiltinModule('node:tty').isatty(fd)
}
