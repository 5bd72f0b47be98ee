/** Says that lines could not be logged, how many, and why. */
export function linesLost(count: number, reason: string): string {
  return `${count} log ${linesWere(count)} lost: ${reason}`
}

/** For the middle of a sentence about so many. */
export function linesWere(count: number): string {
  return count === 1 ? 'line was' : 'lines were'
}
