/** Runs the fuzz of one layout and prints what came of it: `main.js '{"layout":"npm","rounds":20,"seed":42}'`. */
import { type FuzzPlan, fuzz } from './fuzz.ts'

const endings: (() => void)[] = []
const after = (end: () => void): void => void endings.push(end)
const plan = JSON.parse(process.argv[2]!) as FuzzPlan
try {
  process.stdout.write(JSON.stringify(await fuzz({ after } as never, plan)))
} finally {
  for (const end of endings) end()
}
