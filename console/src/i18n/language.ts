// The languages of the console and the reader's choice, kept in this browser. Who has not chosen gets what the browser
// asks for; Chinese is the default.
export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

const storageKey = 'aicarpool.language'

/** The stored choice first, then the browser's wish: English only where it names languages and Chinese is not among them. */
export function chooseLanguage(stored: string | null, preferred: readonly string[]): Language {
  const chosen = languages.find((language) => language === stored)
  if (chosen !== undefined) return chosen
  const readsChinese = preferred.some((tag) => /^zh\b/i.test(tag))
  return readsChinese || preferred.length === 0 ? 'zh-CN' : 'en'
}

export function initialLanguage(): Language {
  return chooseLanguage(localStorage.getItem(storageKey), navigator.languages)
}

export function storeLanguage(language: Language): void {
  localStorage.setItem(storageKey, language)
}
