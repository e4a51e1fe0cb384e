// The vendors' names, which are also the prefixes of their paths. What a vendor is, vendor.ts says.

export type VendorName = 'openai' | 'claude' | 'gemini' | 'qwen'

export const VENDOR_NAMES: readonly string[] = ['openai', 'claude', 'gemini', 'qwen'] satisfies VendorName[]

export function isVendorName(value: unknown): value is VendorName {
  return typeof value === 'string' && VENDOR_NAMES.includes(value)
}
