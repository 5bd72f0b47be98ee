import type { LogFile } from '@runnerd/logging'

export function numbered(index: number): string {
  return `line ${index} of a poem that is sent to whoever asks for it, again and again`
}

/** The first lines, numbered from 0. */
export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => numbered(index))
}

export function write(file: LogFile, text: string): void {
  file.write({ time: Date.now(), level: 'info', system: '-', text })
}

export function writeNumbers(file: LogFile, from: number, to: number): void {
  for (let index = from; index < to; index += 1) write(file, numbered(index))
}
