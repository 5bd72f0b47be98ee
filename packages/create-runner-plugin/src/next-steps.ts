import type { PluginName } from './plugin-name.ts'
import type { Template } from './template.ts'

/** What to do with a new plugin, for the terminal. */
export function nextSteps({ directory, tapname }: PluginName, template: Template): string {
  return `Made ${directory}, a plugin package for runner. Next:

  cd ${directory}
  npm install
${template === 'js' ? '' : '  npm run build\n'}  npx runner ${tapname} --help
  npx runner --nodaemon ${tapname}
`
}
