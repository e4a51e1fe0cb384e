// The vendors whose accounts a pool can hold. The PRD's `serviceType`; the gateway keeps one provider folder for each.

export const serviceTypes = ['claude', 'gemini', 'openai', 'qwen'] as const
export type ServiceType = (typeof serviceTypes)[number]
