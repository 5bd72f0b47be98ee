// A proxy in front of the poetry server on port 10000.
//
//   runner --nodaemon --tac plugins/poetryproxy/proxy.tac.ts

import { ProxyFactory, ProxyService } from '@runnerd/poetryproxy'
import { Application, clientFromString, TCPServer } from 'runnerd'

export const application = new Application('poetryproxy')

const proxy = new ProxyService(clientFromString('tcp:localhost:10000'))
proxy.setServiceParent(application)

const server = new TCPServer(10001, new ProxyFactory(proxy), { interface: 'localhost' })
server.setServiceParent(application)
