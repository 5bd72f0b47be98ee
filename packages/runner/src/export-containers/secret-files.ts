import { basename } from 'node:path'
import { quoteStringArgument } from '@runnerd/internet/endpoints'
import { cannotExport } from '../export/cannot-export.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { mapTexts } from './map-texts.ts'

/** Where engines put the files that no image may have. */
export const SECRETS = '/run/secrets'

/** A file that a run needs, and that is to reach it by no image. */
export interface SecretFile {
  readonly name: string
  /** As the run names it. */
  readonly file: string
}

/** A run whose secret files are where the engine puts them. */
export interface SecretRun {
  readonly run: ExportedRun
  readonly secrets: readonly SecretFile[]
}

/** What is a secret whoever asks: a file of passwords, and the keys of endpoints. */
const ALWAYS = /(^|-)password-file$/
const KEY = /:privateKey=((?:\\[\s\S]|[^:\\])*)/

/** What a server with TLS reads where its endpoint names no key. */
const USUAL_KEY = 'server.pem'

/**
 * Finds the secret files of a run: what an option called `password-file` names, the
 * private keys of its endpoints, and what the options called `more` name.
 *
 * @throws UsageError for an option that the plugin hasn't
 */
export function withSecrets(
  given: ExportedRun,
  engine: string,
  more: readonly string[] = [],
): SecretRun {
  const unknown = more.find((name) => !Object.hasOwn(given.options, name))
  if (unknown !== undefined) {
    throw cannotExport(engine, `${given.name} has no option --${unknown}`)
  }
  const secrets = new Secrets()
  const run = mapTexts(given, (text, kind, name, own) => {
    if (!own && (more.includes(name) || ALWAYS.test(name))) return secrets.place(text)
    if (kind === 'server') return secrets.hideKey(withKey(text))
    return kind === 'client' ? secrets.hideKey(text) : text
  })
  return { run, secrets: secrets.files }
}

/** An endpoint that says by which key. */
function withKey(endpoint: string): string {
  if (!/^(ssl|tls):/.test(endpoint) || KEY.test(endpoint)) return endpoint
  return `${endpoint}:privateKey=${USUAL_KEY}`
}

class Secrets {
  readonly files: SecretFile[] = []

  /** Where the engine puts a file. */
  place(file: string): string {
    const known = this.files.find((each) => each.file === file)
    const name = known?.name ?? this.#nameFor(file)
    if (known === undefined) this.files.push({ name, file })
    return `${SECRETS}/${name}`
  }

  /** An endpoint with its key there; what else it reads from the same file, it does as well. */
  hideKey(endpoint: string): string {
    const [, key] = KEY.exec(endpoint) ?? []
    if (key === undefined) return endpoint
    const placed = quoteStringArgument(this.place(key.replace(/\\([\s\S])/g, '$1')))
    return endpoint
      .split(/((?:\\[\s\S]|[^:\\])+)/)
      .map((word) => (word.endsWith(`=${key}`) ? word.slice(0, -key.length) + placed : word))
      .join('')
  }

  /** Short, and of signs that every engine takes, at its ends above all. */
  #nameFor(file: string): string {
    const usable = basename(file).replace(/[^A-Za-z0-9._-]+/g, '-')
    const name = usable
      .replace(/^[._-]+/, '')
      .slice(0, LONGEST_NAME)
      .replace(/[._-]+$/, '')
    const isTaken = (one: string): boolean => this.files.some((each) => each.name === one)
    for (let n = 1; ; n += 1) {
      const one = n === 1 ? name || 'secret' : `${name || 'secret'}-${n}`
      if (!isTaken(one)) return one
    }
  }
}

/** Swarm takes 64, with the name of the stack before it. */
const LONGEST_NAME = 30
