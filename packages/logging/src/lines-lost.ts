/** Says that lines could not be logged, how many, and why. */
export function linesLost(count: number, reason: string): string {
  return `${count} log ${count === 1 ? 'line was' : 'lines were'} lost: ${reason}`
}
