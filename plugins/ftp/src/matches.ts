/**
 * Whether a name fits a pattern in which `*` stands for any characters and `?` for
 * one. It takes no longer than the product of their lengths, whoever wrote the pattern.
 */
export function matches(name: string, pattern: string): boolean {
  let at = 0
  let star = -1
  let retry = 0
  for (let here = 0; here < name.length; ) {
    if (pattern[at] === '*') {
      star = at
      at += 1
      retry = here
    } else if (pattern[at] === '?' || pattern[at] === name[here]) {
      at += 1
      here += 1
    } else if (star !== -1) {
      at = star + 1
      retry += 1
      here = retry
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

/** Whether a path can be a pattern. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path)
}
