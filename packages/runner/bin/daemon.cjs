// What the parent starts, detached.
require('../bundle/daemon.js').becomeDaemon()
