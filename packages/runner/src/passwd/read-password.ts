import type { ReadStream } from 'node:tty'
import { UsageError } from '@runnerd/options'
import { askHidden } from './ask-hidden.ts'

/** The most bytes a password may have; nobody types more. */
const LONGEST = 1024

type Refuse = (reason: string) => never

/**
 * Gets a new password: asks for it twice where standard input is a terminal, and shows
 * nothing of it; else reads one line.
 *
 * @param attempt what can't be done without one
 * @throws UsageError for one that can't be used, Interrupted
 */
export async function readPassword(name: string, attempt: string): Promise<string> {
  const refuse: Refuse = (reason) => {
    throw new UsageError(`${attempt}: ${reason}`)
  }
  const { stdin } = process
  const password = stdin.isTTY ? await askTwice(stdin, name, refuse) : await readLine(stdin, refuse)
  if (password === '') refuse('an empty password is none')
  if (Buffer.byteLength(password) > LONGEST) refuse(`a password has at most ${LONGEST} bytes`)
  return password
}

async function askTwice(stdin: ReadStream, name: string, refuse: Refuse): Promise<string> {
  const [password, again] = await askHidden(stdin, [`Password for ${name}: `, 'Once more: '])
  if (password === undefined || again === undefined) refuse('no password was given')
  if (password !== again) refuse('the two are not the same')
  return password as string
}

async function readLine(input: AsyncIterable<Buffer>, refuse: Refuse): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of input) {
    const end = chunk.indexOf('\n')
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end))
    size += chunk.length
    if (end >= 0 || size > 2 * LONGEST) break
  }
  try {
    const line = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return line.replace(/\r$/, '')
  } catch {
    return refuse('the password is no text in UTF-8')
  }
}
