import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean } from '@runnerd/options'

const known = ['port', 'poem', 'iface', 'nodaemon', 'pidfile']

test('didYouMean finds a word with letters swapped, missing or too many', () => {
  assert.equal(didYouMean('prot', known), 'port')
  assert.equal(didYouMean('pots', known), 'port')
  assert.equal(didYouMean('ifface', known), 'iface')
})

test('didYouMean takes the nearest of several', () => {
  assert.equal(didYouMean('poen', ['port', 'poem']), 'poem')
})

test('didYouMean prefers the first letter among words that are as near', () => {
  assert.equal(didYouMean('stpo', ['ftp', 'stop']), 'stop')
  assert.equal(didYouMean('stpo', ['stop', 'ftp']), 'stop')
})

test('didYouMean completes the beginning of one word, and of one only', () => {
  assert.equal(didYouMean('nodae', known), 'nodaemon')
  assert.equal(didYouMean('nod', ['nodaemon', 'nodes-everywhere']), undefined)
})

test('didYouMean finds nothing for a word that is far from all', () => {
  assert.equal(didYouMean('threads', known), undefined)
  assert.equal(didYouMean('x', ['y']), undefined)
  assert.equal(didYouMean('', known), undefined)
})
