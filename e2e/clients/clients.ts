// All clients, in the order in which they are run.
import { claudeCode } from './claude-code/client.ts'
import type { Client } from './client.ts'
import { codex } from './codex/client.ts'
import { geminiCli } from './gemini-cli/client.ts'
import { qwenCode } from './qwen-code/client.ts'
import { sdks } from './sdks.ts'

export const clients: readonly Client[] = [...sdks, claudeCode, codex, geminiCli, qwenCode]
