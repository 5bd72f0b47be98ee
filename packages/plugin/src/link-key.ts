import { lstatSync, readlinkSync } from 'node:fs'
import { isRacy, UNSETTLED, type Watch } from './file-key.ts'
import type { LinksOnTheWay } from './links-on-the-way.ts'

const LINK = 'link:'

/** What tells where a symbolic link leads: what is written in it; `null` for what is none. */
export function linkKey(path: string): string | null {
  try {
    return LINK + readlinkSync(path)
  } catch {
    return null
  }
}

/** True for the key of a link, which is the same on any machine and cheap to hold. */
export function isLinkKey(key: Watch[1]): key is string {
  return typeof key === 'string' && key.startsWith(LINK)
}

/** The watches of links, as they may be remembered by who began to look at that time. */
export function linkWatches(paths: Iterable<string>, lookedAt: number): Watch[] {
  return [...paths].map((path) => [path, isNew(path, lookedAt) ? UNSETTLED : linkKey(path)])
}

/** The watches of the links on the way to a path, as they were when they were passed. */
export function wayWatches(path: string, links: LinksOnTheWay, lookedAt: number): Watch[] {
  return [...links.to(path)].map(([link, { target, ctimeMs }]) => [
    link,
    isRacy(ctimeMs, lookedAt) ? UNSETTLED : LINK + target,
  ])
}

function isNew(path: string, lookedAt: number): boolean {
  try {
    return isRacy(lstatSync(path).ctimeMs, lookedAt)
  } catch {
    return true
  }
}
