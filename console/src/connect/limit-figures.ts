// Figures of limits as people read them: grouped counts, dollars with as many decimals as they need, the share used.
import type { Limit } from '../gateway-api/key-overview.ts'

const dollarDecimals = 2
/** A single request often costs less than a cent, which two decimals would show as nothing. */
const centDecimals = 4
/** Half of the last of those decimals rounds up to it; what is less is said to be less. */
const smallestShownUsd = 0.000_05

/** Tokens and requests as whole numbers. Money, in USD, to the cent; what is not whole cents below a dollar has four decimals. */
export function formatAmount(metric: Limit['metric'], amount: number, language: string): string {
  if (metric !== 'money') return new Intl.NumberFormat(language).format(amount)
  if (amount > 0 && amount < smallestShownUsd) return `< ${formatUsd(10 ** -centDecimals, centDecimals, language)}`
  const isInCents = amount >= 1 || amount.toFixed(centDecimals).endsWith('00')
  return formatUsd(amount, isInCents ? dollarDecimals : centDecimals, language)
}

function formatUsd(amount: number, decimals: number, language: string): string {
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(amount)
}

/** 0 … 1 and beyond when overrun; a blocking limit counts as used up, an unlimited one as unused. */
export function usedShare({ limit, used }: Pick<Limit, 'limit' | 'used'>): number {
  if (limit === null) return 0
  return limit === 0 ? 1 : used / limit
}
