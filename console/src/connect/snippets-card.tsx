// The settings for clients as tabs. On screen the key is masked; what is copied holds it in full.
import { Alert, Card, Flex, Grid, Select, Tabs, Typography } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyOverview } from '../gateway-api/key-overview.ts'
import { CopyButton } from './copy-button.tsx'
import { buildSnippet, maskKey, placeholderKey, snippetIds, type SnippetId } from './snippets.ts'

interface SnippetsCardProps {
  apiKey: string | undefined
  overview: KeyOverview | undefined
}

const noteOf = {
  'curl-chat': 'connect.note.curl-chat',
  'curl-completions': 'connect.note.curl-completions',
  'curl-messages': 'connect.note.curl-messages',
  'sdk-openai-python': 'connect.note.sdk',
  'sdk-openai-node': 'connect.note.sdk',
  'sdk-anthropic-python': 'connect.note.sdk',
  'sdk-anthropic-node': 'connect.note.sdk',
  'claude-code': 'connect.note.tool',
  'qwen-code': 'connect.note.tool',
} as const satisfies Record<SnippetId, string>

export function SnippetsCard({ apiKey, overview }: SnippetsCardProps) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<SnippetId>('curl-chat')
  const choose = (key: string) => setChosen(snippetIds.find((id) => id === key) ?? 'curl-chat')
  const isWide = Grid.useBreakpoint().md === true
  const { origin } = window.location
  const context = { origin, groupId: overview?.group.id, models: overview?.models ?? [] }
  const items = snippetIds.map((id) => ({
    key: id,
    label: t(`connect.snippet.${id}`),
    children: (
      <Snippet
        note={t(noteOf[id])}
        shown={buildSnippet(id, { ...context, apiKey: apiKey === undefined ? undefined : maskKey(apiKey) })}
        copied={buildSnippet(id, { ...context, apiKey })}
      />
    ),
  }))
  return (
    <Card title={<h2 className="card-title">{t('connect.snippetsTitle')}</h2>} data-testid="snippets">
      <Flex gap={8} align="center" wrap className="base-url">
        <Typography.Text type="secondary">{t('connect.baseUrl')}</Typography.Text>
        <Typography.Text code>{origin}</Typography.Text>
        <CopyButton text={origin} label={t('connect.baseUrl')} />
      </Flex>
      <Alert
        type="info"
        showIcon
        className="snippets-hint"
        title={
          apiKey === undefined
            ? t('connect.snippetsWithoutKey', { placeholder: placeholderKey })
            : t('connect.snippetsHint')
        }
      />
      {isWide ? (
        <Tabs size="small" tabPlacement="start" items={items} activeKey={chosen} onChange={choose} />
      ) : (
        // Nine tabs do not fit a telephone; a list does.
        <>
          <Select
            className="snippet-choice"
            aria-label={t('connect.snippetsTitle')}
            value={chosen}
            options={items.map(({ key, label }) => ({ value: key, label }))}
            onChange={choose}
          />
          {items.find(({ key }) => key === chosen)?.children}
        </>
      )}
    </Card>
  )
}

function Snippet({ note, shown, copied }: { note: string; shown: string; copied: string }) {
  const { t } = useTranslation()
  return (
    <div className="snippet">
      <Flex justify="space-between" align="center" gap={8} className="snippet-note">
        <Typography.Text type="secondary">{note}</Typography.Text>
        <CopyButton text={copied} label={t('connect.snippetsTitle')} />
      </Flex>
      <pre>
        <code>{shown}</code>
      </pre>
    </div>
  )
}
