// Qwen Code, headless.
import { join } from 'node:path'
import type { Client } from '../client.ts'

export const qwenCode: Client = {
  name: 'qwen-code',
  folder: 'qwen-code',
  title: 'Qwen Code',
  packageName: '@qwen-code/qwen-code',
  native: 'qwen',
  kind: 'tool',
  homeFiles: () => ({
    '.qwen/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'openai' }, folderTrust: { enabled: false } },
      telemetry: { enabled: false },
      privacy: { usageStatisticsEnabled: false },
      general: { disableAutoUpdate: true },
    }),
  }),
  invoke({ task, baseUrl, key, model, mark }, { modules }) {
    const command = `printf %s ${mark} > made.txt`
    const prompt =
      task === 'tools'
        ? `Do it. [[tool:run_shell_command ${JSON.stringify({ command, description: 'Writes a file', is_background: false })}]]`
        : `Say it. [[echo:${mark}]]`
    const format = task === 'streamed' ? ['--output-format', 'stream-json'] : []
    return {
      program: join(modules, '.bin/qwen'),
      args: ['--yolo', ...format, '-p', prompt],
      environment: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${baseUrl}/v1`, OPENAI_MODEL: model },
    }
  },
  setup: `\`\`\`bash
export OPENAI_BASE_URL=http://127.0.0.1:4000/v1 OPENAI_API_KEY=aicp_…
export OPENAI_MODEL=qwen3-coder-plus   # a model of any account of the group
qwen
\`\`\``,
}
