import type { ServiceStatus } from '../control/service-status.ts'
import { moment, openText, placeText } from '../control/status-words.ts'
import { type HTML, html } from './html.ts'

/** So deep a tree is drawn as such; what is further down stands below. */
const DEEPEST = 8

/** The tree of services, a row each and one for each further listener. */
export function serviceTable(services: readonly ServiceStatus[], now: Date): HTML {
  return html`<table>
<thead><tr><th scope="col">Service</th><th scope="col">State</th><th scope="col">Since</th><th scope="col">Listens on</th><th scope="col">Open</th><th scope="col">Total</th></tr></thead>
<tbody>
${services.map((service) => rowsOf(service, now, 0))}</tbody>
</table>
`
}

function rowsOf(service: ServiceStatus, now: Date, depth: number): HTML {
  const { name, state, since, listeners, details = {}, services } = service
  const [first, ...more] = listeners.map((listener) => {
    const { connections } = listener
    return cells(placeText(listener), openText(connections), String(connections?.total ?? ''))
  })
  const level = `d${Math.min(depth, DEEPEST)}`
  const facts = [
    ...listeners.flatMap(({ connections: { refused = 0, timedOut = 0 } = {} }) => [
      ...(refused > 0 ? [`refused as there were too many: ${refused}`] : []),
      ...(timedOut > 0 ? [`closed as they were silent: ${timedOut}`] : []),
    ]),
    ...Object.entries(details).map(([key, value]) => `${key}: ${value}`),
  ]
  return html`<tr><th scope="row" class="${level}">${name}${facts.map((fact) => html`<small>${fact}</small>`)}</th>
<td class="state ${state}" data-is="State">${state}</td>
<td data-is="Since">${since === null ? '' : moment(since, now, 'time')}</td>
${first ?? cells('', '', '')}</tr>
${more.map((each) => html`<tr><td></td><td></td><td></td>${each}</tr>\n`)}${services.map((each) => rowsOf(each, now, depth + 1))}`
}

function cells(place: string, open: string, total: string): HTML {
  return html`<td data-is="Listens on">${place}</td><td data-is="Open">${open}</td><td data-is="Total">${total}</td>`
}
