// What a key belongs to and may use: enterprise, group, models, and its limits.
import { Alert, Card, Descriptions, Flex, Tag, Typography } from 'antd'
import { useTranslation } from 'react-i18next'
import { refreshEveryMs, type KeyOverview } from '../gateway-api/key-overview.ts'
import { LimitsTable } from './limits-table.tsx'

/** A pool can offer hundreds of models; past this many a list is no longer read, and the rest is only counted. */
const modelsShownMax = 24

export function KeyOverviewCard({ overview, isStale }: { overview: KeyOverview; isStale: boolean }) {
  const { t } = useTranslation()
  const { enterprise, group, key, models, limits } = overview
  const items = [
    { key: 'enterprise', label: t('connect.enterprise'), children: enterprise.name },
    { key: 'group', label: t('connect.group'), children: group.name },
    { key: 'mode', label: t('connect.mode'), children: <Tag>{t(`connect.modeName.${group.mode ?? 'none'}`)}</Tag> },
    { key: 'key', label: t('connect.key'), children: `${key.name} ··· ${key.last4}` },
    { key: 'models', label: t('connect.models'), children: <Models models={models} />, span: 'filled' as const },
  ]
  return (
    <Card
      title={<h2 className="card-title">{t('connect.overviewTitle')}</h2>}
      extra={
        <Typography.Text type="secondary">{t('connect.refreshed', { seconds: refreshEveryMs / 1000 })}</Typography.Text>
      }
      data-testid="key-overview"
    >
      {isStale && <Alert type="warning" showIcon banner title={t('connect.limitsFailed')} />}
      <Descriptions column={{ xs: 1, sm: 2, lg: 4 }} size="small" items={items} />
      <h3 className="section-title">{t('connect.limitsTitle')}</h3>
      <LimitsTable limits={limits} timeZone={enterprise.timeZone} />
    </Card>
  )
}

function Models({ models }: { models: readonly string[] }) {
  const { t } = useTranslation()
  if (models.length === 0) return <Typography.Text type="warning">{t('connect.noModels')}</Typography.Text>
  const hiddenCount = models.length - modelsShownMax
  return (
    <Flex gap={4} wrap>
      {models.slice(0, modelsShownMax).map((model) => (
        <Tag key={model}>{model}</Tag>
      ))}
      {hiddenCount > 0 && t('connect.moreModels', { number: hiddenCount })}
    </Flex>
  )
}
