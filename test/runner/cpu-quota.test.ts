import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as quota from '../../packages/runner/dist/workers/cpu-quota.d.ts'
import { root } from '../helpers/paths.ts'

const built = join(root, 'packages', 'runner', 'dist', 'workers', 'cpu-quota.js')
const { cpuQuota } = (await import(pathToFileURL(built).href)) as typeof quota

type Files = { readonly [path: string]: string }

function quotaWith(files: Files): number {
  return cpuQuota((path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  })
}

const V2 = '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'
const V1 = '33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n'

const cases: [what: string, files: Files, quota: number][] = [
  ['no control groups', {}, Number.POSITIVE_INFINITY],
  [
    'v2 without a limit',
    {
      '/proc/self/cgroup': '0::/user.slice\n',
      '/proc/self/mountinfo': V2,
      '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n',
    },
    Number.POSITIVE_INFINITY,
  ],
  [
    'v2 with one and a half',
    {
      '/proc/self/cgroup': '0::/a/b\n',
      '/proc/self/mountinfo': V2,
      '/sys/fs/cgroup/a/b/cpu.max': '150000 100000\n',
    },
    1.5,
  ],
  [
    'the tightest of the groups above',
    {
      '/proc/self/cgroup': '0::/a/b/c\n',
      '/proc/self/mountinfo': V2,
      '/sys/fs/cgroup/a/cpu.max': '200000 100000\n',
      '/sys/fs/cgroup/a/b/cpu.max': '50000 100000\n',
      '/sys/fs/cgroup/a/b/c/cpu.max': '400000 100000\n',
    },
    0.5,
  ],
  [
    'a container that sees its own group as the root',
    {
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': V2,
      '/sys/fs/cgroup/cpu.max': '300000 100000\n',
    },
    3,
  ],
  [
    'v1',
    {
      '/proc/self/cgroup': '5:memory:/x\n4:cpu,cpuacct:/a\n0::/a\n',
      '/proc/self/mountinfo': V1,
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': '250000\n',
      '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us': '100000\n',
    },
    2.5,
  ],
  [
    'v1 in a container whose mount begins at its own group',
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/docker/0123/in\n',
      '/proc/self/mountinfo': V1.replace(' / /', ' /docker/0123 /'),
      '/sys/fs/cgroup/cpu,cpuacct/in/cpu.cfs_quota_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/in/cpu.cfs_period_us': '50000\n',
    },
    2,
  ],
  [
    'a mount point with a space',
    {
      '/proc/self/cgroup': '0::/a\n',
      '/proc/self/mountinfo': V2.replace('/sys/fs/cgroup', '/my\\040groups'),
      '/my groups/a/cpu.max': '100000 100000\n',
    },
    1,
  ],
  [
    'garbage',
    {
      '/proc/self/cgroup': 'x\n0::/a\n',
      '/proc/self/mountinfo': `nonsense\n${V2}`,
      '/sys/fs/cgroup/a/cpu.max': 'many\n',
    },
    Number.POSITIVE_INFINITY,
  ],
]

for (const [what, files, quota] of cases) {
  test(`the quota of the processor with ${what} is ${quota}`, () => {
    assert.equal(quotaWith(files), quota)
  })
}
