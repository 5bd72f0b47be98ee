import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Half, RunOptions } from './half.ts'

/** A directory of dropins in one half's working directory. */
export function dropinDir(half: Half, name: string): string {
  const isRunner = half.program.name === 'runner'
  const dir = half.path(isRunner ? name : join(name, 'twisted', 'plugins'))
  mkdirSync(dir, { recursive: true })
  return dir
}

/** Has the program look for dropins there; what it imports is noted in the file `loads`. */
export function searching(half: Half, ...names: string[]): RunOptions & { env: NodeJS.ProcessEnv } {
  const variable = half.program.name === 'runner' ? 'RUNNER_PLUGIN_PATH' : 'PYTHONPATH'
  const path = names.map((name) => half.path(name)).join(delimiter)
  return { env: { [variable]: path, LOADS: half.path('loads'), PYTHONDONTWRITEBYTECODE: '1' } }
}

/** Writes a dropin whose `makeService` fails with its description; '' leaves its name out. */
export function writeDropin(
  half: Half,
  dir: string,
  file: string,
  tapname: string,
  description: string = tapname,
): void {
  const isRunner = half.program.name === 'runner'
  const text = isRunner ? javascript(tapname, description) : python(tapname, description)
  writeFileSync(join(dir, `${file}${half.program.ending}`), text)
}

/** Writes a module that has nothing to do with services. */
export function writeOther(half: Half, dir: string): void {
  const text = half.program.name === 'runner' ? noteInJavascript('other') : noteInPython('other')
  writeFileSync(join(dir, `other${half.program.ending}`), text)
}

function noteInJavascript(name: string): string {
  return `import { appendFileSync } from 'node:fs'
if (process.env.LOADS) appendFileSync(process.env.LOADS, '${name} ')
export const nothing = 1
`
}

function javascript(tapname: string, description: string): string {
  return `import { defineServiceMaker } from 'runnerd'
${noteInJavascript(tapname)}
export const maker = defineServiceMaker({
${tapname && `  tapname: '${tapname}',\n`}  description: '${description}',
  makeService() {
    throw new Error('${description}')
  },
})
`
}

function noteInPython(name: string): string {
  return `import os
if "LOADS" in os.environ:
    open(os.environ["LOADS"], "a").write("${name} ")
`
}

function python(tapname: string, description: string): string {
  return `from zope.interface import implementer
from twisted.application.service import IServiceMaker
from twisted.plugin import IPlugin
from twisted.python import usage
${noteInPython(tapname)}

@implementer(IServiceMaker, IPlugin)
class Maker:
${tapname && `    tapname = "${tapname}"\n`}    description = "${description}"
    options = usage.Options

    def makeService(self, options):
        raise RuntimeError("${description}")

maker = Maker()
`
}
