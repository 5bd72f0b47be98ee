/** All of it is in the page: nothing else is asked for. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --card: #f5f6f8; --text: #1c2430; --faint: #5a6675;
  --line: #d5dae1; --good: #10703c; --bad: #b3261e; --wait: #8a5a00; --curve: #2563c9 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --card: #1b212a; --text: #e3e8ef; --faint: #9aa7b8;
    --line: #333d4a; --good: #58c98a; --bad: #ff8a80; --wait: #e5b455; --curve: #7fb0ff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
p { margin: .25rem 0 }
.faint, small, .axis, .time, .system { color: var(--faint) }
small { display: block; font-weight: normal }
.badge { font-weight: 600 }
.good, .running { color: var(--good) }
.bad, .failed, .critical, .error { color: var(--bad) }
.starting, .stopping, .draining, .waiting, .warn { color: var(--wait) }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .75rem }
figure { margin: 0; padding: .6rem .75rem; background: var(--card); border-radius: .4rem }
figcaption { display: flex; justify-content: space-between; gap: .5rem }
svg { display: block; width: 100%; height: 5rem; margin: .35rem 0 .1rem }
svg polyline { fill: none; stroke: var(--curve); stroke-width: 1.5; vector-effect: non-scaling-stroke }
svg polygon { fill: var(--curve); opacity: .15 }
svg .grid { stroke: var(--line); vector-effect: non-scaling-stroke }
.axis { display: flex; justify-content: space-between; margin: 0; font-size: .8rem }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
thead th { color: var(--faint); font-weight: 600 }
tbody th { font-weight: 600 }
.d1 { padding-left: 1.1rem } .d2 { padding-left: 2.2rem } .d3 { padding-left: 3.3rem }
.d4 { padding-left: 4.4rem } .d5 { padding-left: 5.5rem } .d6 { padding-left: 6.6rem }
.d7 { padding-left: 7.7rem } .d8 { padding-left: 8.8rem }
ul { margin: .25rem 0; padding-left: 1.1rem }
#log { margin: 0; padding: .6rem .75rem; max-height: 24rem; overflow: auto; list-style: none;
  background: var(--card); border-radius: .4rem; font: 13px/1.5 ui-monospace, monospace }
#log li { white-space: pre-wrap }
#stale { display: none; color: var(--bad) }
.stale #stale { display: block }
.stale main { opacity: .55 }
@media (max-width: 42rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line) }
  tbody th, td { display: block; border: 0; padding-top: 0; padding-bottom: 0; padding-right: 0 }
  td { display: inline-block; margin-right: 1rem }
  td:empty { display: none }
  td[data-is]::before { content: attr(data-is) ": "; color: var(--faint) } }
`
