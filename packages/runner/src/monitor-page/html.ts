/** Text that is HTML already, and is not escaped again. */
export class HTML {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a piece of HTML: text is escaped, several are put one after another. */
export type Content = HTML | string | number | undefined | readonly Content[]

/** A piece of HTML, in which whatever comes from elsewhere is text and nothing more. */
export function html(pieces: TemplateStringsArray, ...contents: readonly Content[]): HTML {
  const [first = '', ...rest] = pieces
  return new HTML(rest.reduce((text, piece, n) => text + textOf(contents[n]) + piece, first))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function textOf(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof HTML) return content.text
  if (typeof content === 'object') return content.map(textOf).join('')
  return String(content).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)
}
