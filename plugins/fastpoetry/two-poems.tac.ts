// Two poems on two ports, each under a collection of its own.
//
//   runner --nodaemon --tac plugins/fastpoetry/two-poems.tac.ts

import { PoetryFactory, PoetryService } from '@runnerd/fastpoetry'
import { Application, MultiService, TCPServer } from 'runnerd'

export const application = new Application('twopoems')

const shelf = [
  { name: 'ecstasy', port: 10000, poem: 'poetry/ecstasy.txt' },
  { name: 'sonnet', port: 10001, poem: 'poetry/sonnet-18.txt' },
]

for (const { name, port, poem } of shelf) {
  const top = new MultiService()
  top.setName(name)
  const poetry = new PoetryService(poem)
  poetry.setServiceParent(top)
  const server = new TCPServer(port, new PoetryFactory(poetry), { interface: 'localhost' })
  server.setServiceParent(top)
  top.setServiceParent(application)
}
