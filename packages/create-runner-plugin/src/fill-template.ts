import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Template } from './template.ts'

/** What stands in a template for the plugin's own: `{{tapname}}`, in a file's name `__tapname__`. */
export interface Placeholders {
  readonly name: string
  readonly tapname: string
  readonly range: string
}

const TEMPLATES = fileURLToPath(new URL('../templates', import.meta.url))

/** Writes the files of a template into `dir`. */
export function fillTemplate(template: Template, dir: string, placeholders: Placeholders): void {
  const from = join(TEMPLATES, template)
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(dir, targetOf(relative(from, source), placeholders))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, filled(readFileSync(source, 'utf8'), placeholders), { flag: 'wx' })
  }
}

/** What npm would leave out of this package, or take for one in it, has another name here. */
const RENAMED: Readonly<Record<string, string>> = {
  gitignore: '.gitignore',
  'package.template.json': 'package.json',
}

function targetOf(path: string, { tapname }: Placeholders): string {
  return RENAMED[path] ?? path.replaceAll('__tapname__', tapname)
}

function filled(text: string, placeholders: Placeholders): string {
  return text.replace(
    /\{\{(name|tapname|range)\}\}/g,
    (_, word: keyof Placeholders) => placeholders[word],
  )
}
