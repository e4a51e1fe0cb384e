// How to connect: takes a gateway key (kept in this component's memory only), shows what it may use, and hands out
// settings for clients. The parts are in the files beside it.
import { Card, Empty, Skeleton } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useKeyOverview, type EnteredKey } from '../gateway-api/key-overview.ts'
import { FailureNotice } from '../shell/failure-notice.tsx'
import { PageHeading } from '../shell/page-heading.tsx'
import { KeyForm } from './key-form.tsx'
import { KeyOverviewCard } from './key-overview-card.tsx'
import { SnippetsCard } from './snippets-card.tsx'

export function ConnectPage() {
  const { t } = useTranslation()
  const [entered, setEntered] = useState<EnteredKey>()
  const overview = useKeyOverview(entered)
  const enter = (secret: string) => setEntered((before) => ({ secret, serial: (before?.serial ?? 0) + 1 }))
  return (
    <>
      <PageHeading title={t('connect.title')} heading={t('connect.heading')} intro={t('connect.intro')} />
      <div className="card-stack">
        <Card title={<h2 className="card-title">{t('connect.keyTitle')}</h2>}>
          <KeyForm
            isChecking={overview.isFetching && overview.isPending}
            hasKey={entered !== undefined}
            onEnter={enter}
            onForget={() => setEntered(undefined)}
          />
          {entered === undefined && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('connect.empty')} />}
          {entered !== undefined && overview.isPending && <Skeleton active aria-label={t('loading')} />}
          {overview.isError && overview.data === undefined && (
            <FailureNotice error={overview.error} onRetry={() => void overview.refetch()} />
          )}
        </Card>
        {entered !== undefined && overview.data !== undefined && (
          <KeyOverviewCard overview={overview.data} isStale={overview.isError} />
        )}
        <SnippetsCard apiKey={overview.data === undefined ? undefined : entered?.secret} overview={overview.data} />
      </div>
    </>
  )
}
