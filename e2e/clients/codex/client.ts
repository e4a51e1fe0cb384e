// Codex, headless.
import { join } from 'node:path'
import type { Client } from '../client.ts'

const configuration = (baseUrl: string, model: string) => `model = "${model}"
model_provider = "aicarpool"
web_search = "disabled"   # the vendor's own search cannot be bounded: a group with a hard limit does not let it pass
[model_providers.aicarpool]
name = "AiCarpool"
base_url = "${baseUrl}/v1"
env_key = "AICARPOOL_KEY"
wire_api = "responses"
`

export const codex: Client = {
  name: 'codex',
  folder: 'codex',
  title: 'Codex',
  packageName: '@openai/codex',
  native: 'openai',
  kind: 'tool',
  homeFiles: ({ baseUrl, model }) => ({
    '.codex/config.toml': `check_for_update_on_startup = false
${configuration(baseUrl, model)}request_max_retries = 2
stream_max_retries = 2
[analytics]
enabled = false
[features]
apps = false
plugins = false
`,
  }),
  invoke({ task, key, mark }, { modules }) {
    const prompt =
      task === 'tools'
        ? `Do it. [[tool:exec_command ${JSON.stringify({ cmd: `printf %s ${mark} > made.txt` })}]]`
        : `Say it. [[echo:${mark}]]`
    const format = task === 'streamed' ? ['--json'] : []
    return {
      program: join(modules, '.bin/codex'),
      // In a throw-away folder of its own.
      args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', ...format, prompt],
      environment: { AICARPOOL_KEY: key },
    }
  },
  quotaWords: 'Quota exceeded',
  setup: `\`\`\`toml
# ~/.codex/config.toml, with \`export AICARPOOL_KEY=aicp_…\`
${configuration('http://127.0.0.1:4000', 'gpt-5.2-codex')}\`\`\``,
}
