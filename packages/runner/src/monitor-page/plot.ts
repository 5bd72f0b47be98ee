import { type HTML, html } from './html.ts'

/** One line over time. */
export interface Curve {
  readonly title: string
  readonly unit: string
  readonly points: readonly Point[]
}

export interface Point {
  /** In ms since 1970. */
  readonly at: number
  readonly value: number
}

const WIDTH = 300
const HEIGHT = 80
/** What the kept samples span, in ms: what is not there yet is left empty. */
const SPAN = 600_000

/** A plot of the last ten minutes, as a drawing that needs no script. */
export function plot({ title, unit, points }: Curve): HTML {
  const values = points.map(({ value }) => value)
  const now = values.at(-1)
  if (now === undefined) return html``
  const most = Math.max(...values)
  const top = niceAbove(most)
  const end = points.at(-1)?.at ?? 0
  const place = ({ at, value }: Point): string => {
    const x = WIDTH - ((end - at) / SPAN) * WIDTH
    const y = HEIGHT - (value / top) * HEIGHT
    return `${x.toFixed(1)},${y.toFixed(1)}`
  }
  const line = points.map(place).join(' ')
  const [first] = points
  const from = first === undefined ? WIDTH : WIDTH - ((end - first.at) / SPAN) * WIDTH
  const area = `${from.toFixed(1)},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`
  const said = `${title}: ${short(now)} ${unit} now, ${short(most)} ${unit} at most in ten minutes`
  return html`<figure>
<figcaption>${title} <strong>${short(now)} ${unit}</strong></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${said}">
<line class="grid" x1="0" y1="0.5" x2="${WIDTH}" y2="0.5"/>
<line class="grid" x1="0" y1="${HEIGHT - 0.5}" x2="${WIDTH}" y2="${HEIGHT - 0.5}"/>
<polygon points="${area}"/>
<polyline points="${line}"/>
</svg>
<p class="axis"><span>10 min ago</span><span>top ${short(top)} ${unit}</span><span>now</span></p>
</figure>
`
}

/** 1, 2 or 5 times a power of ten that is no less: what one reads at a glance. */
function niceAbove(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5].find((each) => each * power >= value) ?? 10) * power
}

/** With as many digits as say something. */
function short(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}
