import { age, inMB } from '../control/status-words.ts'
import type { LeavingStatus, WorkerStatus } from '../workers/crew-status.ts'
import { type HTML, html } from './html.ts'

/** The workers, and below them those of former generations that still have clients. */
export function workerTable(
  workers: readonly WorkerStatus[],
  leaving: readonly LeavingStatus[],
  now: Date,
): HTML {
  return html`<table>
<thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">For</th><th scope="col">Generation</th><th scope="col">Restarts</th><th scope="col">Memory</th><th scope="col">Loop lag</th><th scope="col">Open</th></tr></thead>
<tbody>
${workers.map((worker) => row(worker, now, worker))}${leaving.map((each) => row(each, now))}</tbody>
</table>
`
}

function row(
  { number, pid, state, since, generation }: LeavingStatus | WorkerStatus,
  now: Date,
  worker?: WorkerStatus,
): HTML {
  const { memory, loopLag, connections, restarts } = worker ?? {}
  return html`<tr><th scope="row">${number}${pid === 0 ? undefined : html`<small>pid ${pid}</small>`}</th>
<td class="state ${state}" data-is="State">${worker ? state : `leaving, ${state}`}</td>
<td data-is="For">${age(since, now)}</td>
<td data-is="Generation">${generation}</td>
<td data-is="Restarts">${restarts ?? ''}</td>
<td data-is="Memory">${memory ? `${inMB(memory.rss)} MB` : ''}</td>
<td data-is="Loop lag">${loopLag ? `${loopLag.last} ms` : ''}</td>
<td data-is="Open">${connections ? connections.open : ''}</td></tr>
`
}
