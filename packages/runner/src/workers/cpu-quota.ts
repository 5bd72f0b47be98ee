import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Reads a file of the kernel's; throws if it can't be read. */
type Read = (path: string) => string

/**
 * How many processors' time the control groups of this process leave it, such as
 * 1.5: the tightest of its group and all those above, of cgroup v2 and v1.
 * `Infinity` where none of them says anything, or there are no control groups.
 *
 * @see cgroups(7)
 */
export function cpuQuota(read: Read = (path) => readFileSync(path, 'utf8')): number {
  const quotas = hierarchies(read).flatMap(({ top, leaf, isV2 }) =>
    upwards(top, leaf).map((dir) => (isV2 ? quotaV2(dir, read) : quotaV1(dir, read))),
  )
  return Math.min(Number.POSITIVE_INFINITY, ...quotas)
}

/** A tree of groups that may limit the processor, and where in it this process is. */
interface Hierarchy {
  readonly top: string
  readonly leaf: string
  readonly isV2: boolean
}

function hierarchies(read: Read): Hierarchy[] {
  const places = placesIn(attempt(() => read('/proc/self/cgroup')) ?? '')
  const mounts = (attempt(() => read('/proc/self/mountinfo')) ?? '').split('\n')
  return mounts.flatMap((mount) => {
    const [, , , root = '', top = '', ...rest] = mount.split(' ')
    const [type, , options = ''] = rest.slice(rest.indexOf('-') + 1)
    const isV2 = type === 'cgroup2'
    const isCpu = type === 'cgroup' && options.split(',').includes('cpu')
    const place = isV2 ? places.v2 : isCpu ? places.v1 : undefined
    if (place === undefined) return []
    // In a container the mount may begin below the root that the place is told from.
    const below = relative(unescaped(root), place)
    const leaf = below.startsWith('..') ? unescaped(top) : join(unescaped(top), below)
    return [{ top: unescaped(top), leaf, isV2 }]
  })
}

/** Lines such as `0::/user.slice` and `4:cpu,cpuacct:/docker/0123`. */
function placesIn(text: string): { v2?: string; v1?: string } {
  const places: { v2?: string; v1?: string } = {}
  for (const line of text.split('\n')) {
    const [, number, controllers = '', place] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? []
    if (place === undefined) continue
    if (number === '0' && controllers === '') places.v2 = place
    if (controllers.split(',').includes('cpu')) places.v1 = place
  }
  return places
}

function upwards(top: string, leaf: string): string[] {
  const dirs = [top]
  let dir = top
  for (const name of relative(top, leaf).split('/').filter(Boolean)) {
    dir = join(dir, name)
    dirs.push(dir)
  }
  return dirs
}

function quotaV2(dir: string, read: Read): number {
  const [quota, period] = (attempt(() => read(join(dir, 'cpu.max'))) ?? 'max').split(/\s+/)
  return shareOf(quota, period)
}

function quotaV1(dir: string, read: Read): number {
  const quota = attempt(() => read(join(dir, 'cpu.cfs_quota_us')))
  return shareOf(
    quota,
    attempt(() => read(join(dir, 'cpu.cfs_period_us'))),
  )
}

/** `max` and -1 are no limit. */
function shareOf(quota: string | undefined, period: string | undefined): number {
  const share = Number(quota) / Number(period)
  return share > 0 && Number.isFinite(share) ? share : Number.POSITIVE_INFINITY
}

/** A space in a path is `\040`. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)))
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
