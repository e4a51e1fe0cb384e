// All vendors the simulator plays. A new vendor is a folder beside this file and a line in this list.
import type { Vendor } from '../vendor.ts'
import { claude } from './claude/vendor.ts'
import { gemini } from './gemini/vendor.ts'
import { openAi } from './openai/vendor.ts'
import { qwen } from './qwen/vendor.ts'

export const VENDORS: readonly Vendor[] = [openAi, claude, gemini, qwen]
