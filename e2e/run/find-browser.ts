// Finds the Chromium of this machine; none is ever downloaded. Used by the browser tests and by the whole run.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

export const browserRemedy = 'sudo apt-get install -y chromium fonts-noto-cjk'

/** `CHROMIUM` names it outright, also when it is wrong: a mistake there should be seen, not worked around. */
export function findBrowser(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment['CHROMIUM']
  if (named !== undefined && named !== '') return named
  const folders = (environment['PATH'] ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not ours to run: both mean that it is not the browser we look for.
    return false
  }
}
