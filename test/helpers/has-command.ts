import { spawnSync } from 'node:child_process'

/** Whether the shell finds a command. */
export function hasCommand(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
}
