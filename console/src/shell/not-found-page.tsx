// What an unknown address shows: which address it was, and the two places people usually look for.
import { useLocation } from '@tanstack/react-router'
import { Flex, Result } from 'antd'
import { useTranslation } from 'react-i18next'
import { usePageTitle } from './page-title.ts'
import { RouterButton } from './router-button.tsx'

export function NotFoundPage() {
  const { t } = useTranslation()
  const path = useLocation({ select: (location) => location.pathname })
  usePageTitle(t('notFound.title'))
  return (
    <Result
      status="info"
      title={<h1 style={{ fontSize: 22, margin: 0 }}>{t('notFound.heading')}</h1>}
      subTitle={t('notFound.detail', { path })}
      extra={
        <Flex gap={8} justify="center">
          <RouterButton color="primary" variant="solid" to="/">
            {t('notFound.home')}
          </RouterButton>
          <RouterButton to="/connect">{t('notFound.connect')}</RouterButton>
        </Flex>
      }
    />
  )
}
