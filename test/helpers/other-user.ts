/**
 * Why a process can't become another user's here; `false` where it can. Node as
 * Debian 13 builds it refuses to, even for root.
 */
export const noOtherUser: string | false = whyNot()

function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    process.setegid?.(process.getegid?.() as number)
    return false
  } catch {
    return 'this Node changes no user'
  }
}
