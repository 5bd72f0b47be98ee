import { createInterface } from 'node:readline'
import type { REPLServer } from 'node:repl'
import type { Terminal } from './terminal.ts'

/**
 * Has a REPL that has no terminal run what comes a line at a time: each when the one before
 * has come to its end. By itself it has only keys wait for that, and would run a line while
 * the one before waits for what both need. Where the lines end, so does the REPL.
 */
export async function runLines(terminal: Terminal, server: REPLServer): Promise<void> {
  let goOn = (): void => {}
  // It is called when a line has come to its end, whatever that was. Node's has '... ' where
  // a line goes on, whatever the prompt is.
  server.displayPrompt = (keepsCursor) => {
    server.prompt(keepsCursor)
    goOn()
  }
  // The one command that ends without it, and needs a terminal.
  Reflect.deleteProperty(server.commands, 'editor')
  terminal.once('over', () => goOn())
  for await (const line of createInterface({ input: terminal, crlfDelay: Infinity })) {
    if (terminal.isOver) return
    const end = new Promise<void>((resolve) => {
      goOn = resolve
    })
    // By itself, so that what it throws at once is the REPL's to show as well.
    setImmediate(() => terminal.isOver || server.write(`${line}\n`))
    await end
  }
  if (!terminal.isOver) server.close()
}
