/** The templates there are, the default first: folders of `templates/`. */
export const TEMPLATES = ['tcp', 'http', 'timer', 'js'] as const

export type Template = (typeof TEMPLATES)[number]

export function isTemplate(word: string): word is Template {
  return (TEMPLATES as readonly string[]).includes(word)
}
