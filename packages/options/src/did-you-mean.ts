import { distance } from 'fastest-levenshtein'

/**
 * The known word that was most likely meant, or `undefined` when none is near:
 * at most two letters off, and no more than half of the word. Else the only one
 * that begins with it.
 */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const words = [...known]
  const longer = word.length < 2 ? [] : words.filter((each) => each.startsWith(word))
  return nearest(word, words) ?? (longer.length === 1 ? longer[0] : undefined)
}

function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.min(2, Math.floor(word.length / 2)) + 1
  for (const candidate of known) {
    const steps = distance(word, candidate)
    // Few people mistype the first letter.
    const isCloser = steps === least && best?.[0] !== word[0] && candidate[0] === word[0]
    if (steps < least || (best !== undefined && isCloser)) {
      best = candidate
      least = steps
    }
  }
  return best
}
