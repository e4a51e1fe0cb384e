// The frame around every page: brand, navigation, and the switches for language and theme.
import { Link, Outlet } from '@tanstack/react-router'
import { Layout } from 'antd'
import { useTranslation } from 'react-i18next'
import { LanguageSwitch } from './language-switch.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

export function AppShell() {
  const { t } = useTranslation()
  return (
    <Layout className="shell">
      <a className="skip-link" href="#main">
        {t('navigation.skip')}
      </a>
      <header className="shell-header">
        <Link to="/" className="shell-brand" aria-label={t('brand')}>
          <img src="/favicon.svg" alt="" width={24} height={24} />
          <span className="shell-brand-name">{t('brand')}</span>
        </Link>
        <nav className="shell-navigation" aria-label={t('navigation.label')}>
          <Link to="/" activeOptions={{ exact: true }}>
            {t('navigation.home')}
          </Link>
          <Link to="/connect">{t('navigation.connect')}</Link>
        </nav>
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <main className="shell-main" id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </Layout>
  )
}
