// The reader's choice of light, dark or the system's own, kept in this browser; and what the system wants right now.
import { useSyncExternalStore } from 'react'

export const themeChoices = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof themeChoices)[number]

const storageKey = 'aicarpool.theme'
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)')

export function storedThemeChoice(): ThemeChoice {
  const stored = localStorage.getItem(storageKey)
  return themeChoices.find((choice) => choice === stored) ?? 'system'
}

export function storeThemeChoice(choice: ThemeChoice): void {
  localStorage.setItem(storageKey, choice)
}

function subscribe(onChange: () => void): () => void {
  systemIsDark.addEventListener('change', onChange)
  return () => systemIsDark.removeEventListener('change', onChange)
}

/** True when the page should be dark; follows the system live while the choice is `system`. */
export function useIsDark(choice: ThemeChoice): boolean {
  const system = useSyncExternalStore(subscribe, () => systemIsDark.matches)
  return choice === 'system' ? system : choice === 'dark'
}
