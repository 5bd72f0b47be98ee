import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes twistd's own fast poetry plugin into a directory, for `PYTHONPATH`. */
export function writeTwistdPlugin(dir) {
  const plugins = join(dir, 'twisted', 'plugins')
  mkdirSync(plugins, { recursive: true })
  writeFileSync(join(plugins, 'bench_poetry.py'), SOURCE)
  return dir
}

const SOURCE = `
from zope.interface import implementer
from twisted.application import internet, service
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.plugin import IPlugin
from twisted.python import log, usage


class Poetry(Protocol):
    def connectionMade(self):
        poem = self.factory.poems.poem
        log.msg('sending %d bytes of poetry to %s' % (len(poem), self.transport.getPeer()))
        self.transport.write(poem)
        self.transport.loseConnection()


class PoetryFactory(ServerFactory):
    protocol = Poetry

    def __init__(self, poems):
        self.poems = poems


class Poems(service.Service):
    def __init__(self, path):
        self.path = path

    def startService(self):
        service.Service.startService(self)
        with open(self.path, 'rb') as poem:
            self.poem = poem.read()
        log.msg('loaded a poem from: %s' % (self.path,))


class Options(usage.Options):
    optParameters = [
        ['port', 'p', 10000, 'The port number to listen on.'],
        ['poem', None, None, 'The file containing the poem.'],
    ]


@implementer(service.IServiceMaker, IPlugin)
class Maker:
    tapname = 'benchpoetry'
    description = 'A fast poetry service.'
    options = Options

    def makeService(self, options):
        top = service.MultiService()
        poems = Poems(options['poem'])
        poems.setServiceParent(top)
        port = int(options['port'])
        internet.TCPServer(port, PoetryFactory(poems), interface='localhost').setServiceParent(top)
        return top


maker = Maker()
`
