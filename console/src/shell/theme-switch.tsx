// Switches between light, dark and the system's theme; the choice is kept in this browser.
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { useThemeSwitch } from '../appearance/appearance-provider.tsx'
import { themeChoices, type ThemeChoice } from '../appearance/theme-choice.ts'

export function ThemeSwitch() {
  const { t } = useTranslation()
  const { choice, choose } = useThemeSwitch()
  return (
    <Select<ThemeChoice>
      aria-label={t('theme.label')}
      data-testid="theme-switch"
      size="small"
      popupMatchSelectWidth={false}
      value={choice}
      options={themeChoices.map((value) => ({ value, label: t(`theme.${value}`) }))}
      onChange={choose}
    />
  )
}
