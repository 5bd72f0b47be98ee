import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Application, isApplication, MultiService, Service } from '@runnerd/service'

describe('Application', () => {
  it('Application has a name, and the process it wants', () => {
    const application = new Application('fastpoetry', 1000, 100)
    assert.deepEqual(
      [application.name, application.uid, application.gid, application.processName],
      ['fastpoetry', 1000, 100, undefined],
    )
    assert.deepEqual([new Application('x').uid, new Application('x').gid], [undefined, undefined])
  })

  it('Application is a collection of services', async () => {
    const application = new Application('fastpoetry')
    const service = new Service()
    service.setServiceParent(application)
    await application.startService()
    assert.equal(service.running, true)
    await application.stopService()
    assert.equal(service.running, false)
  })

  it('isApplication knows an application by its brand, not by its class', () => {
    assert.equal(isApplication(new Application('x')), true)
    assert.equal(isApplication({ [Symbol.for('runnerd.Application')]: 1 }), true)
    for (const other of [new MultiService(), 5, null, undefined, 'x', {}]) {
      assert.equal(isApplication(other), false)
    }
  })
})
