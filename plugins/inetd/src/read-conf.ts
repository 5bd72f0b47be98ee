import { readFileSync } from 'node:fs'
import { type Account, Accounts, UnknownAccountError } from './account.ts'
import { addressesOf, NoAddressError, type Place } from './addresses.ts'
import { ConfError, type Fault } from './conf-error.ts'
import type { Entry } from './entry.ts'
import { parseConf } from './parse-conf.ts'
import type { ResolvedEntry } from './resolved-entry.ts'
import { ServicesFile } from './services-file.ts'

/** The services of a file, and what the log should say of them. */
export interface ReadConf {
  readonly entries: readonly ResolvedEntry[]
  readonly remarks: readonly Fault[]
}

/**
 * Reads a file, and looks up all the names in it.
 *
 * @throws ConfError with all that is wrong; the system's error if the file can't be read
 */
export async function readConf(file: string): Promise<ReadConf> {
  const conf = parseConf(textOf(file), ServicesFile.read())
  const faults = [...conf.faults]
  const accounts = new Accounts()
  const places = new Map<string, number>()
  const entries: ResolvedEntry[] = []
  for (const entry of conf.entries) {
    try {
      const account: Account = accounts.of(entry)
      const addresses = await addressesOf(entry)
      for (const place of placesOf(entry, addresses)) {
        const line = places.get(place)
        if (line !== undefined) throw new NoAddressError(`line ${line} has ${place} already`)
        places.set(place, entry.line)
      }
      entries.push({ ...entry, account, addresses })
    } catch (error) {
      if (!(error instanceof UnknownAccountError || error instanceof NoAddressError)) throw error
      faults.push({ line: entry.line, reason: error.message })
    }
  }
  if (faults.length > 0) throw new ConfError(file, faults)
  return { entries, remarks: conf.remarks }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    // Node names the file where it could not be opened, and only there.
    const { path, code } = error as NodeJS.ErrnoException
    if (path !== undefined) throw error
    const reason = code === 'EISDIR' ? 'it is a directory' : (error as Error).message
    throw Object.assign(new Error(`cannot read ${file}: ${reason}`, { cause: error }), { code })
  }
}

/** What no other entry may have. */
function placesOf({ protocol, place }: Entry, addresses: readonly Place[]): string[] {
  if (protocol === 'unix') return [`unix ${place}`]
  return addresses.map(({ address }) => `${protocol.slice(0, 3)} ${address} ${place}`)
}
