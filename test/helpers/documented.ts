import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './paths.ts'

/** The types of the door, as they are published. */
export const doorTypes: string = join(root, 'packages', 'runner', 'types', 'esm')

/** An export of a declaration file, with the comment before it. */
export interface Declared {
  readonly name: string
  readonly kind: string
  readonly comment: string
}

const DECLARED =
  /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\s*^export (?:declare )?(?:abstract )?(class|function|const|interface|type) (\w+)/gm

/** What is declared in any file of the door's types, the door's or not. */
export function declared(): Declared[] {
  return declarationFiles().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(DECLARED)].map(([, comment = '', kind, name]) => ({
      name: name as string,
      kind: kind as string,
      comment,
    })),
  )
}

/** The names that the door exports, types too. */
export function doorNames(file: string = join(doorTypes, 'index.d.ts')): string[] {
  const text = readFileSync(file, 'utf8')
  const all = [...text.matchAll(/^export \* from '(.+)\.js'/gm)].flatMap(([, from]) =>
    doorNames(join(dirname(file), `${from}.d.ts`)),
  )
  const named = [...text.matchAll(/^export (?:type )?\{(.+?)\}/gms)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace(/\btype\b/, '').trim()),
  )
  return [...all, ...named.filter((name) => name !== '')]
}

/** Every `@example` of the door and of what it exports. */
export function examples(): string[] {
  const names = doorNames()
  const comments = declared().filter(({ name }) => names.includes(name))
  const own = readFileSync(join(doorTypes, 'index.d.ts'), 'utf8').match(/\/\*\*[\s\S]*?\*\//)
  return [...(own ?? []), ...comments.map(({ comment }) => comment)].flatMap(examplesIn)
}

function examplesIn(comment: string): string[] {
  const text = comment.replace(/^\/\*\*|\*\/$/g, '').replace(/^[ \t]*\* ?/gm, '')
  const parts = text.split(/^@(?=[a-z])/m).filter((part) => /^example\b/.test(part))
  return parts.map((part) => part.replace(/^example/, '').replace(/^```(ts)?$/gm, ''))
}

function declarationFiles(): string[] {
  return readdirSync(doorTypes, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.d.ts'))
    .sort()
    .map((name) => join(doorTypes, name))
}
