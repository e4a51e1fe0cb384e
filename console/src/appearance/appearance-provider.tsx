// Theme and antd's own texts for the whole page, and the way for the switches in the header to change the theme.
import { App, ConfigProvider } from 'antd'
import antdEnglish from 'antd/locale/en_US'
import antdChinese from 'antd/locale/zh_CN'
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { antdTheme } from './antd-theme.ts'
import { storedThemeChoice, storeThemeChoice, useIsDark, type ThemeChoice } from './theme-choice.ts'

interface ThemeSwitch {
  choice: ThemeChoice
  choose(choice: ThemeChoice): void
}

const ThemeContext = createContext<ThemeSwitch | undefined>(undefined)

export function useThemeSwitch(): ThemeSwitch {
  const themeSwitch = use(ThemeContext)
  if (themeSwitch === undefined) throw new TypeError('useThemeSwitch needs an AppearanceProvider above it')
  return themeSwitch
}

export function AppearanceProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(storedThemeChoice)
  const isDark = useIsDark(choice)
  const { i18n } = useTranslation()

  useEffect(() => {
    // Native scrollbars and form controls follow the page's theme, not only the system's.
    document.documentElement.style.colorScheme = isDark ? 'dark' : 'light'
  }, [isDark])

  const themeSwitch = useMemo<ThemeSwitch>(
    () => ({
      choice,
      choose(next) {
        storeThemeChoice(next)
        setChoice(next)
      },
    }),
    [choice],
  )

  return (
    <ThemeContext value={themeSwitch}>
      <ConfigProvider
        locale={i18n.language === 'en' ? antdEnglish : antdChinese}
        theme={antdTheme(isDark)}
        // antd puts a space between two Chinese characters on a button, which screen readers then spell out.
        button={{ autoInsertSpace: false }}
      >
        <App>{children}</App>
      </ConfigProvider>
    </ThemeContext>
  )
}
