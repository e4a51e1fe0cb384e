// Gemini CLI, headless.
import { join } from 'node:path'
import type { Client } from '../client.ts'

export const geminiCli: Client = {
  name: 'gemini-cli',
  folder: 'gemini-cli',
  title: 'Gemini CLI',
  packageName: '@google/gemini-cli',
  native: 'gemini',
  kind: 'tool',
  homeFiles: () => ({
    '.gemini/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
      telemetry: { enabled: false },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false },
    }),
  }),
  invoke({ task, baseUrl, key, model, mark }, { modules }) {
    const command = `printf %s ${mark} > made.txt`
    const prompt =
      task === 'tools'
        ? `Do it. [[tool:run_shell_command ${JSON.stringify({ command, description: 'Writes a file' })}]]`
        : `Say it. [[echo:${mark}]]`
    const format = task === 'streamed' ? ['--output-format', 'stream-json'] : []
    return {
      program: process.execPath,
      args: [join(modules, '@google/gemini-cli/bundle/gemini.js'), '-m', model, '--yolo', ...format, '-p', prompt],
      environment: { GOOGLE_GEMINI_BASE_URL: baseUrl, GEMINI_API_KEY: key, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
    }
  },
  setup: `\`\`\`bash
# ~/.gemini/settings.json: {"security":{"auth":{"selectedType":"gemini-api-key"}}}
export GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:4000 GEMINI_API_KEY=aicp_…
gemini -m gemini-3.5-flash   # a model of any account of the group; for this one it asks for its newest Flash instead
\`\`\``,
}
