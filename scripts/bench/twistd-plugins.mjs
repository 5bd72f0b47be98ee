import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a number of plugins for twistd into a directory, for `PYTHONPATH`. */
export function writeTwistdPlugins(dir, count) {
  const plugins = join(dir, 'twisted', 'plugins')
  mkdirSync(plugins, { recursive: true })
  for (let i = 0; i < count; i += 1) writeFileSync(join(plugins, `bench_${i}.py`), source(i))
  return dir
}

function source(i) {
  return `
from zope.interface import implementer
from twisted.application import service
from twisted.plugin import IPlugin
from twisted.python import usage


class Options(usage.Options):
    optParameters = [['port', 'p', 1, 'A port.']]


@implementer(service.IServiceMaker, IPlugin)
class Maker:
    tapname = 'plugin${i}'
    description = 'One of the plugins of the bench.'
    options = Options

    def makeService(self, options):
        return service.MultiService()


maker = Maker()
`
}
