/** True for a peerDependency that says which versions it means. A library is loaded for it. */
export async function saysRange(needs: string): Promise<boolean> {
  const { rangeIn } = await import('./fits-range.ts')
  return rangeIn(needs) !== undefined
}
