/** Runs a soak and prints its report as JSON: `main.js '{"seconds":60,"seed":1,"workers":2,"count":1000}'`. */
import { type SoakPlan, soak } from './soak.ts'

const plan = JSON.parse(process.argv[2] ?? '') as SoakPlan
process.stdout.write(`${JSON.stringify(await soak(plan))}\n`)
