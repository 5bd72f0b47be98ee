import type { Sample } from '../monitor/history.ts'
import type { Curve } from './plot.ts'

/** What is plotted of a history. */
export function curvesOf(history: readonly Sample[]): Curve[] {
  const curve = (title: string, unit: string, of: (sample: Sample) => number): Curve => ({
    title,
    unit,
    points: history.map((sample) => ({ at: sample.at, value: of(sample) })),
  })
  const rate = (title: string, unit: string, of: (sample: Sample) => number): Curve => ({
    title,
    unit,
    points: history.slice(1).map((sample, index) => {
      const before = history[index] ?? sample
      const seconds = (sample.at - before.at) / 1000
      // A worker that ended took what it had counted with it.
      const more = Math.max(0, of(sample) - of(before))
      return { at: sample.at, value: seconds > 0 ? more / seconds : 0 }
    }),
  })
  return [
    curve('Load', '% of a core', ({ cpu }) => cpu * 100),
    curve('Loop lag', 'ms', ({ lag }) => lag),
    curve('Memory', 'MB', ({ rss }) => rss / 1e6),
    curve('Connections', 'open', ({ connections }) => connections),
    rate('New connections', 'a second', ({ connectionsTotal }) => connectionsTotal),
    rate('Sent', 'kB a second', ({ bytesOut }) => bytesOut / 1000),
  ]
}
