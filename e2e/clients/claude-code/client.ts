// Claude Code, headless.
import { join } from 'node:path'
import type { Client } from '../client.ts'

export const claudeCode: Client = {
  name: 'claude-code',
  folder: 'claude-code',
  title: 'Claude Code',
  packageName: '@anthropic-ai/claude-code',
  native: 'claude',
  kind: 'tool',
  invoke({ task, baseUrl, key, model, mark }, { modules }) {
    const command = `printf %s ${mark} > made.txt`
    const prompt =
      task === 'tools'
        ? `Do it. [[tool:Bash ${JSON.stringify({ command, description: 'Writes a file' })}]]`
        : `Say it. [[echo:${mark}]]`
    const format =
      task === 'streamed' ? ['--output-format', 'stream-json', '--verbose', '--include-partial-messages'] : []
    return {
      // Its own `claude` is put in place by an install script; this finds the same program without.
      program: process.execPath,
      args: [
        join(modules, '@anthropic-ai/claude-code/cli-wrapper.cjs'),
        '-p',
        prompt,
        '--allowedTools',
        'Bash',
        ...format,
      ],
      environment: {
        ANTHROPIC_BASE_URL: baseUrl,
        ANTHROPIC_AUTH_TOKEN: key,
        ANTHROPIC_MODEL: model,
        ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CLAUDE_CODE_MAX_RETRIES: '2',
        DISABLE_AUTOUPDATER: '1',
        DISABLE_ERROR_REPORTING: '1',
        DISABLE_TELEMETRY: '1',
      },
    }
  },
  modelWords: "There's an issue with the selected model (no-such-model)",
  setup: `\`\`\`bash
export ANTHROPIC_BASE_URL=http://127.0.0.1:4000 ANTHROPIC_AUTH_TOKEN=aicp_…
export ANTHROPIC_MODEL=claude-sonnet-4-5                # a model of any account of the group
export ANTHROPIC_DEFAULT_HAIKU_MODEL=claude-haiku-4-5   # the one for its small tasks
claude
\`\`\``,
}
