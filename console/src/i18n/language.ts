// The languages of the console and the reader's choice, kept in this browser. Chinese is the default.
export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

const storageKey = 'aicarpool.language'

export function storedLanguage(): Language {
  const stored = localStorage.getItem(storageKey)
  return languages.find((language) => language === stored) ?? 'zh-CN'
}

export function storeLanguage(language: Language): void {
  localStorage.setItem(storageKey, language)
}
