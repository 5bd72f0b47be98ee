import { plainText } from '@runnerd/options'
import type { PluginStatus, RunStatus } from '../control/run-status.ts'
import type { ServiceStatus } from '../control/service-status.ts'
import { age, inMB, moment, openText, placeText } from '../control/status-words.ts'

/** Writes a status for people. What it tells came from a plugin: nothing of it moves a cursor. */
export function statusText(status: RunStatus, now: Date): string {
  const { versions, plugin, tacFile, memory, loopLag, connections } = status
  const since = status.since ?? status.startedAt
  const facts = [
    ['process', `pid ${status.pid}, generation ${status.generation}`],
    ['versions', `runner ${versions.runner}, node ${versions.node}`],
    plugin === null ? ['tac file', String(tacFile)] : ['plugin', pluginText(plugin)],
    ['pid file', status.pidFile ?? 'none'],
    ['log', status.logFile ?? status.logsTo],
    ...(status.monitor ? [['monitor', placeText(status.monitor)] as const] : []),
    [
      'memory',
      `${inMB(memory.rss)} MB, of which ${inMB(memory.heapUsed)} of ${inMB(memory.heapTotal)} MB heap`,
    ],
    ['loop lag', `${loopLag.last} ms, at most ${loopLag.max} ms in ${loopLag.seconds} s`],
    ['connections', `${connections.open} open, ${connections.total} in all`],
  ] as const
  const lines = [
    `${status.name}: ${status.state} since ${moment(since, now, 'date')} (${age(since, now)})`,
    ...facts.map(([name, value]) => `  ${name.padEnd(11)}  ${value}`),
    '',
    ...table(['SERVICE', 'STATE', 'SINCE', 'LISTENS ON', 'OPEN', 'TOTAL'], rowsOf(status, now)),
  ]
  return lines.map((line) => `${oneLine(line).trimEnd()}\n`).join('')
}

function pluginText({ package: of, version, file }: PluginStatus): string {
  return of === null ? file : `${of} ${version}, ${file}`
}

type Row = readonly string[]

function rowsOf({ services }: RunStatus, now: Date): Row[] {
  const rows = (service: ServiceStatus, indent: string): Row[] => {
    const { name, state, since, listeners, details = {}, services: inner } = service
    const [first = [], ...more] = listeners.map((listener) => [
      placeText(listener),
      openText(listener.connections),
      String(listener.connections?.total ?? ''),
    ])
    const limited = listeners.flatMap(({ connections: { refused = 0, timedOut = 0 } = {} }) => [
      ...(refused > 0 ? [`refused as there were too many: ${refused}`] : []),
      ...(timedOut > 0 ? [`closed as they were silent: ${timedOut}`] : []),
    ])
    const from = since === null ? '' : moment(since, now, 'time')
    return [
      [indent + name, state, from, ...first],
      ...more.map((each) => ['', '', '', ...each]),
      ...limited.map((line) => [`${indent}  ${line}`]),
      ...Object.entries(details).map(([key, value]) => [`${indent}  ${key}: ${value}`]),
      ...inner.flatMap((each) => rows(each, `${indent}  `)),
    ]
  }
  return services.flatMap((service) => rows(service, ''))
}

function table(head: Row, rows: readonly Row[]): string[] {
  const widths = head.map((_, column) =>
    Math.max(
      ...[head, ...rows].filter((row) => row.length > 1).map((row) => (row[column] ?? '').length),
    ),
  )
  return [head, ...rows].map(
    (row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`,
  )
}

function oneLine(text: string): string {
  return plainText(text).replaceAll('\n', '')
}
