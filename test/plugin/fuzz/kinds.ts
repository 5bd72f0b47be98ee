import type { TestContext } from 'node:test'
import { cacheKinds } from './cache-kinds.ts'
import { clockKinds } from './clock-kinds.ts'
import { fileKinds } from './file-kinds.ts'
import { importKinds } from './import-kinds.ts'
import type { Layout } from './layout.ts'
import { linkKinds, peerKinds, pnpmKinds, scopeKinds } from './link-kinds.ts'
import { LocalDropins } from './local-dropins.ts'
import { localKinds } from './local-kinds.ts'
import { NpmPackages } from './npm-packages.ts'
import { directoryKinds, npmKinds } from './package-kinds.ts'
import { PnpmStore } from './pnpm-store.ts'
import type { Random } from './random.ts'
import type { WallClock } from './wall-clock.ts'
import { WorkspaceLinks } from './workspace-links.ts'

/** Gets a change ready, before the search whose cache it is to deceive; the function makes it. */
export type Kind = () => () => void

export type Kinds = Readonly<Record<string, Kind>>

export type LayoutName = 'local' | 'npm' | 'pnpm' | 'workspace'

type LayoutClass = new (test: Pick<TestContext, 'after'>, random: Random) => Layout

export const layouts: Readonly<Record<LayoutName, LayoutClass>> = {
  local: LocalDropins,
  npm: NpmPackages,
  pnpm: PnpmStore,
  workspace: WorkspaceLinks,
}

/** The kinds of change that make sense on a layout. */
export function kindsOf(name: LayoutName, layout: Layout, clock: WallClock): Kinds {
  return {
    ...fileKinds(layout),
    ...importKinds(layout),
    ...directoryKinds(layout),
    ...(name === 'pnpm' ? {} : npmKinds(layout)),
    ...(name === 'npm' ? {} : pnpmKinds(layout)),
    ...(name === 'pnpm' ? peerKinds(layout) : {}),
    ...linkKinds(layout),
    ...(name === 'local' ? {} : scopeKinds(layout)),
    ...(name === 'local' ? localKinds(layout) : {}),
    ...cacheKinds(layout),
    ...clockKinds(layout, clock),
  }
}
