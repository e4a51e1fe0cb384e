// First set-up of a gateway: shows the form, or why it is not needed, or what comes after it.
import { Card, Result, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import { useGatewayStatus } from '../gateway-api/status.ts'
import { useSetup } from '../gateway-api/setup.ts'
import { FailureNotice } from '../shell/failure-notice.tsx'
import { PageHeading } from '../shell/page-heading.tsx'
import { RouterButton } from '../shell/router-button.tsx'
import { SetupForm } from './setup-form.tsx'

export function SetupPage() {
  const { t } = useTranslation()
  const status = useGatewayStatus()
  const setup = useSetup()
  return (
    <>
      <PageHeading title={t('setup.title')} heading={t('setup.heading')} intro={t('setup.intro')} />
      <Card style={{ maxWidth: 560 }}>
        {setup.isSuccess ? (
          <Done title={t('setup.doneTitle')} text={t('setup.done', { name: setup.variables.enterpriseName })} />
        ) : status.isPending ? (
          <Skeleton active aria-label={t('loading')} />
        ) : status.isError ? (
          <FailureNotice error={status.error} onRetry={() => void status.refetch()} />
        ) : status.data.needsSetup ? (
          <SetupForm isSending={setup.isPending} error={setup.error} onSubmit={setup.mutate} />
        ) : (
          <Done title={t('setup.alreadyTitle')} text={t('setup.already')} />
        )}
      </Card>
    </>
  )
}

function Done({ title, text }: { title: string; text: string }) {
  const { t } = useTranslation()
  return (
    <Result
      status="success"
      title={title}
      subTitle={text}
      extra={
        <RouterButton color="primary" variant="solid" to="/connect">
          {t('home.goConnect')}
        </RouterButton>
      }
    />
  )
}
