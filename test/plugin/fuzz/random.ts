/** Numbers from 0 to 1, the same for the same seed. */
export type Random = () => number

export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  if (from.length === 0) throw new Error('nothing to pick from')
  return from[Math.floor(random() * from.length)]!
}

export function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const cards = [...from]
  for (let at = cards.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[cards[at], cards[other]] = [cards[other]!, cards[at]!]
  }
  return cards
}
