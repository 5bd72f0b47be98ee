/**
 * What keeps the page as things are: it asks for the page anew, and puts the new middle in
 * the place of the old. So there is one way to draw it, and a page without scripts is the
 * same one.
 */
export const SCRIPT = `
const EVERY = 5000
let due

async function turn() {
  clearTimeout(due)
  if (document.hidden) return
  try {
    const response = await fetch(location.pathname, { headers: { accept: 'text/html' }, cache: 'no-store' })
    if (!response.ok) throw new Error(response.statusText)
    show(new DOMParser().parseFromString(await response.text(), 'text/html'))
    document.body.classList.remove('stale')
  } catch {
    document.body.classList.add('stale')
  }
  due = setTimeout(turn, EVERY)
}

function show(next) {
  // Whoever marks something is about to copy it.
  if (getSelection().toString() !== '') return
  const before = document.querySelector('#log')
  const isAtEnd = !before || before.scrollTop + before.clientHeight >= before.scrollHeight - 4
  const top = before ? before.scrollTop : 0
  document.title = next.title
  document.querySelector('main').replaceWith(document.adoptNode(next.querySelector('main')))
  toEnd(isAtEnd ? undefined : top)
}

function toEnd(top) {
  const log = document.querySelector('#log')
  if (log) log.scrollTop = top === undefined ? log.scrollHeight : top
}

document.addEventListener('visibilitychange', turn)
toEnd()
due = setTimeout(turn, EVERY)
`
