import { createHash } from 'node:crypto'
import { age, inMB, moment } from '../control/status-words.ts'
import type { LogLine } from '../monitor/log-tail.ts'
import type { Overview } from '../monitor/overview.ts'
import { curvesOf } from './curves.ts'
import { type HTML, html, HTML as Raw } from './html.ts'
import { plot } from './plot.ts'
import { SCRIPT } from './script.ts'
import { serviceTable } from './service-table.ts'
import { STYLE } from './style.ts'
import { workerTable } from './worker-table.ts'

/**
 * What a browser lets the page do: show itself with these styles, run this script, and ask
 * where it came from again.
 *
 * @see https://www.w3.org/TR/CSP3/
 */
export const POLICY: string = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** How often a browser without scripts asks anew, in seconds. */
const EVERY = 10

/** The page of a run: all that can be seen of it, and nothing that changes it. */
export function statusPage(overview: Overview, now: Date): string {
  const { name, ready } = overview
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${ready.ok ? '' : '\u26a0 '}${name} \u2013 runner</title>
<noscript><meta http-equiv="refresh" content="${EVERY}"></noscript>
<style>${new Raw(STYLE)}</style>
</head>
<body>
<p id="stale" role="status">There is no answer: this is how it was at the last one.</p>
${middle(overview, now)}
<script>${new Raw(SCRIPT)}</script>
</body>
</html>
`.text
}

function middle(overview: Overview, now: Date): HTML {
  const { services, workers, leaving = [], history, log } = overview
  const plots = history.length > 1 ? curvesOf(history).map(plot) : []
  return html`<main>
${head(overview, now)}
${plots.length === 0 ? undefined : html`<section><h2>The last ten minutes</h2><div class="plots">${plots}</div></section>`}
<section><h2>Services</h2>
${serviceTable(services, now)}</section>
${workers === undefined ? undefined : html`<section><h2>Workers</h2>${workerTable(workers, leaving, now)}</section>`}
<section><h2>The log</h2>
${log.length === 0 ? html`<p class="faint">Its newest lines are kept where there is a --monitor.</p>` : html`<ol id="log" tabindex="0" aria-label="The newest lines of the log">${log.map(line)}</ol>`}</section>
</main>`
}

function head(overview: Overview, now: Date): HTML {
  const { name, ready, state, plugin, versions, generation, pid } = overview
  const { connections, startedAt, since, workers } = overview
  const processes = [overview, ...(workers ?? [])]
  const rss = sum(processes.map(({ memory }) => memory?.rss ?? 0))
  const last = Math.max(...processes.map(({ loopLag }) => loopLag?.last ?? 0))
  const max = Math.max(...processes.map(({ loopLag }) => loopLag?.max ?? 0))
  const loop = workers === undefined ? 'event loop' : 'slowest event loop'
  const from = since ?? startedAt
  const failed = ready.checks.filter(({ ok }) => !ok)
  const made = plugin?.package ? `${plugin.package} ${plugin.version}, ` : ''
  return html`<header><h1>${name}</h1>
<p class="badge ${ready.ok ? 'good' : 'bad'}">${ready.ok ? 'ready' : 'not ready'}</p>
<p class="faint">${state} since ${moment(from, now, 'date')} (${age(from, now)}), generation ${generation}, pid ${pid}</p></header>
${failed.length === 0 ? undefined : html`<ul class="bad">${failed.map((each) => html`<li>${each.name}: ${each.reason ?? 'failed'}</li>`)}</ul>`}
<p>${connections.open} connections open, ${connections.total} in all; ${inMB(rss)} MB of memory; the ${loop} is ${last} ms late, at most ${max} ms in the last minute</p>
<p class="faint">${made}runner ${versions.runner}, node ${versions.node}</p>`
}

function line({ time, level, system, text, worker }: LogLine): HTML {
  const from = worker === undefined ? system : `worker ${worker}`
  return html`<li class="${level}"><span class="time">${new Date(time).toISOString().slice(11, 19)}</span> <span class="system">[${from}]</span> ${text}</li>\n`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0)
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
