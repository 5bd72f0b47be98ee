import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Waits until a condition holds, looking again whenever something changes in the
 * directory of `path`. For what happens without a change there is a slow second
 * look; a test never passes or fails by its pace.
 */
export async function waitFor<T>(path: string, condition: () => T | undefined): Promise<T> {
  const first = condition()
  if (first !== undefined) return first
  return await new Promise((resolve, reject) => {
    const look = (): void => {
      try {
        const value = condition()
        if (value === undefined) return
        end()
        resolve(value)
      } catch (error) {
        end()
        reject(error)
      }
    }
    const watcher = watch(existsSync(dirname(path)) ? dirname(path) : '/', look)
    const again = setInterval(look, 50)
    const limit = setTimeout(() => {
      end()
      reject(new Error(`waited in vain for ${path}`))
    }, 60_000)
    const end = (): void => {
      watcher.close()
      clearInterval(again)
      clearTimeout(limit)
    }
  })
}
