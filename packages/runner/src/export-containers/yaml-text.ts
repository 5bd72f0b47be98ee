import { Document, visit } from 'yaml'

/** What some readers of YAML 1.1 take for no string, for a line break, or for no character. */
const ODD = /^(=|<<)$|[\x7f-\x9f\u2028\u2029\ufeff]/

/**
 * The text of an object. A long word is one line, so that whoever compares two files sees
 * what differs. Some of those who read it take `yes` and `1:20` for no strings, as YAML 1.1
 * does.
 */
export function yamlText(value: unknown): string {
  const document = new Document(value, {
    version: '1.1',
    // Nothing is merged; with its tag a string `<<` is never quoted.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge'),
    aliasDuplicateObjects: false,
  })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && ODD.test(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString({ lineWidth: 0 }).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
