// Switches the language of the whole console; the choice is kept in this browser.
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { languages, type Language } from '../i18n/language.ts'
import { changeLanguage } from '../i18n/translations.ts'

export function LanguageSwitch() {
  const { t, i18n } = useTranslation()
  return (
    <Select<Language>
      aria-label={t('language.label')}
      data-testid="language-switch"
      size="small"
      popupMatchSelectWidth={false}
      value={i18n.language as Language}
      options={languages.map((value) => ({ value, label: <span lang={value}>{t(`language.${value}`)}</span> }))}
      onChange={changeLanguage}
    />
  )
}
