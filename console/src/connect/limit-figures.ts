// Figures of limits as people read them: grouped counts, dollars with as many decimals as they need, the share used.
import type { Limit } from '../gateway-api/key-overview.ts'

/** A single request often costs less than a cent; two decimals would show it as nothing. */
const dollarDecimalsMax = 6

export function formatAmount(metric: Limit['metric'], amount: number, language: string): string {
  if (metric !== 'money') return new Intl.NumberFormat(language).format(amount)
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: 2,
    maximumFractionDigits: dollarDecimalsMax,
  }).format(amount)
}

/** 0 … 1 and beyond when overrun; a blocking limit counts as used up, an unlimited one as unused. */
export function usedShare({ limit, used }: Pick<Limit, 'limit' | 'used'>): number {
  if (limit === null) return 0
  return limit === 0 ? 1 : used / limit
}
