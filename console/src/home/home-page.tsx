// The first page: how the gateway is doing, and the next step, which is set-up on a new gateway and connecting otherwise.
import { Badge, Card, Descriptions, Skeleton, Typography } from 'antd'
import { useTranslation } from 'react-i18next'
import { useGatewayStatus, type GatewayStatus } from '../gateway-api/status.ts'
import { FailureNotice } from '../shell/failure-notice.tsx'
import { PageHeading } from '../shell/page-heading.tsx'
import { RouterButton } from '../shell/router-button.tsx'

export function HomePage() {
  const { t } = useTranslation()
  const status = useGatewayStatus()
  return (
    <>
      <PageHeading title={t('home.title')} heading={t('home.heading')} intro={t('home.intro')} />
      {status.isPending && <Skeleton active aria-label={t('loading')} />}
      {status.isError && <FailureNotice error={status.error} onRetry={() => void status.refetch()} />}
      {status.data !== undefined && (
        <div className="home-cards">
          <NextStep needsSetup={status.data.needsSetup} />
          <StatusCard status={status.data} />
        </div>
      )}
    </>
  )
}

function NextStep({ needsSetup }: { needsSetup: boolean }) {
  const { t } = useTranslation()
  return (
    <Card title={<h2 className="card-title">{t(needsSetup ? 'home.needsSetupTitle' : 'home.connectTitle')}</h2>}>
      <Typography.Paragraph>{t(needsSetup ? 'home.needsSetup' : 'home.connect')}</Typography.Paragraph>
      <RouterButton color="primary" variant="solid" to={needsSetup ? '/setup' : '/connect'}>
        {t(needsSetup ? 'home.goSetup' : 'home.goConnect')}
      </RouterButton>
    </Card>
  )
}

function StatusCard({ status }: { status: GatewayStatus }) {
  const { t, i18n } = useTranslation()
  const startedAt = new Date(status.startedAt).toLocaleString(i18n.language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
  const isEmbedded = status.database === 'embedded'
  const items = [
    { key: 'version', label: t('home.version'), children: `${status.name} ${status.version}` },
    {
      key: 'database',
      label: t('home.database'),
      children: t(isEmbedded ? 'home.databaseEmbedded' : 'home.databaseServer'),
    },
    { key: 'startedAt', label: t('home.startedAt'), children: <span className="numeric">{startedAt}</span> },
  ]
  return (
    <Card
      title={<h2 className="card-title">{t('home.stateTitle')}</h2>}
      extra={
        <Badge
          status={status.ready ? 'success' : 'processing'}
          text={t(status.ready ? 'home.ready' : 'home.notReady')}
        />
      }
    >
      <Descriptions column={1} size="small" items={items} />
      {isEmbedded && (
        <Typography.Text type="secondary" className="status-hint">
          {t('home.embeddedHint')}
        </Typography.Text>
      )}
    </Card>
  )
}
