// The limits of a key with what is used of each, nearest to its end first.
import { Progress, Table, Tag, Typography, type TableColumnsType } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Limit } from '../gateway-api/key-overview.ts'
import { formatAmount, usedShare } from './limit-figures.ts'
import { formatResetTime } from './reset-time.ts'

/** From here on a limit is about to end, and the bar says so by its colour. */
const nearlyUsedShare = 0.8

const rowKey = ({ scope, metric, window }: Limit) => `${scope}/${metric}/${window}`

interface LimitsTableProps {
  limits: readonly Limit[]
  /** Of the enterprise, where the gateway tells it. */
  timeZone: string | undefined
}

export function LimitsTable({ limits, timeZone }: LimitsTableProps) {
  const { t } = useTranslation()
  const whatOf = ({ metric, window }: Limit) =>
    `${t(`connect.metricName.${metric}`)} · ${t(`connect.windowName.${window}`)}`
  const columns: TableColumnsType<Limit> = [
    { title: t('connect.column.scope'), key: 'scope', render: (_, limit) => t(`connect.scopeName.${limit.scope}`) },
    { title: t('connect.column.what'), key: 'what', render: (_, limit) => whatOf(limit) },
    {
      title: t('connect.column.used'),
      key: 'used',
      align: 'right',
      className: 'numeric',
      render: (_, limit) => <Amounts limit={limit} />,
    },
    {
      title: t('connect.column.progress'),
      key: 'progress',
      // A narrow screen has the two figures already; without this the table would have to scroll sideways.
      responsive: ['md'],
      width: 200,
      render: (_, limit) => <Bar limit={limit} what={whatOf(limit)} />,
    },
    {
      title: t('connect.column.resets'),
      key: 'resets',
      className: 'numeric',
      render: (_, { resetsAt }) => (resetsAt === null ? t('connect.never') : formatResetTime(resetsAt, timeZone)),
    },
  ]
  const nearestFirst = limits.toSorted((a, b) => usedShare(b) - usedShare(a))
  if (limits.length === 0) return <Typography.Text type="secondary">{t('connect.noLimits')}</Typography.Text>
  return <Table size="small" rowKey={rowKey} columns={columns} dataSource={nearestFirst} pagination={false} />
}

function Amounts({ limit }: { limit: Limit }) {
  const { t, i18n } = useTranslation()
  const used = formatAmount(limit.metric, limit.used, i18n.language)
  if (limit.limit === null) return `${used} / ${t('connect.unlimited')}`
  return `${used} / ${formatAmount(limit.metric, limit.limit, i18n.language)}`
}

function Bar({ limit, what }: { limit: Limit; what: string }) {
  const { t } = useTranslation()
  if (limit.limit === null) return <Tag>{t('connect.unlimited')}</Tag>
  if (limit.limit === 0) return <Tag color="error">{t('connect.blocked')}</Tag>
  const share = usedShare(limit)
  const percent = Math.round(share * 1000) / 10
  const label = t('connect.usedShare', { scope: t(`connect.scopeName.${limit.scope}`), what, percent })
  return (
    <Progress
      className="limit-bar"
      aria-label={label}
      percent={Math.min(100, percent)}
      format={() => `${percent}%`}
      size="small"
      status={share >= nearlyUsedShare ? 'exception' : 'normal'}
    />
  )
}
