/**
 * Waits for a promise, and no longer than so many seconds. The process stays for it
 * even when nothing else is going on in it.
 */
export async function within(seconds: number, promise: Promise<void> | void): Promise<void> {
  if (promise === undefined) return
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000)
  })
  await Promise.race([promise, deadline])
  clearTimeout(timer)
}
