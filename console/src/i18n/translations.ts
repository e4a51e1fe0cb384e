// Starts i18next with both languages and keeps `<html lang>` and the stored choice in step with the one in use.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en.ts'
import { initialLanguage, storeLanguage, type Language } from './language.ts'
import { zhCN } from './zh-CN.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zhCN }
  }
}

export async function startTranslations(): Promise<void> {
  const language = initialLanguage()
  document.documentElement.lang = language
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { 'zh-CN': { translation: zhCN }, en: { translation: en } },
    // React escapes what it renders; escaping twice would show `&amp;`.
    interpolation: { escapeValue: false },
  })
}

export async function changeLanguage(language: Language): Promise<void> {
  storeLanguage(language)
  document.documentElement.lang = language
  await i18next.changeLanguage(language)
}
