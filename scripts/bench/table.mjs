/**
 * Prints rows of `{ what, value, unit, against, base, target }` and says of each
 * whether its target is met: the most that the ratio may be, or the least if the
 * row has `least` instead. The ratio is that of the two, unless the row has one of its
 * own. Returns how many are missed.
 */
export function printTable(rows, major) {
  const cells = rows.map((row) => [
    row.what,
    `${format(row.value)} ${row.unit}`,
    row.against,
    row.base === undefined ? '-' : `${format(row.base)} ${row.unit}`,
    row.base === undefined ? '-' : ratioOf(row).toFixed(2),
    row.least === undefined
      ? (targetOf(row, major)?.toFixed(2) ?? '-')
      : `≥ ${row.least.toFixed(2)}`,
    verdict(row, major),
  ])
  const table = [['what', 'runner', 'against', 'it', 'ratio', 'target', ''], ...cells]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
  }
  return rows.filter((row) => verdict(row, major) === 'missed').length
}

function ratioOf({ value, base, ratio = value / base }) {
  return ratio
}

function targetOf({ target }, major) {
  return typeof target === 'object' ? (major >= 24 ? target.new : target.old) : target
}

function verdict(row, major) {
  const target = row.least ?? targetOf(row, major)
  if (target === undefined || row.base === undefined) return ''
  const ratio = ratioOf(row)
  return (row.least === undefined ? ratio <= target : ratio >= target) ? 'met' : 'missed'
}

function format(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
