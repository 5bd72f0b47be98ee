/** Bytes. */
export interface MemoryInUse {
  readonly rss: number
  readonly heapUsed: number
  readonly heapTotal: number
}

/** What this process has. In a root without /proc, `rss` is the most that it has had so far. */
export function memoryInUse(): MemoryInUse {
  try {
    const { rss, heapUsed, heapTotal } = process.memoryUsage()
    return { rss, heapUsed, heapTotal }
  } catch {
    const heap = process.getBuiltinModule('node:v8').getHeapStatistics()
    const rss = process.resourceUsage().maxRSS * 1024
    return { rss, heapUsed: heap.used_heap_size, heapTotal: heap.total_heap_size }
  }
}
