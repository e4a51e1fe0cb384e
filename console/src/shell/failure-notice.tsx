// Shows why a call failed and what to do about it, in the reader's language wherever the error registry knows the code.
import { errorRegistry } from '@aicarpool/contract/errors'
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { GatewayFailure } from '../gateway-api/request.ts'

interface Explanation {
  what: string
  remedy?: string
  /** What exactly is wrong, in the gateway's own words; only there when it adds to the registry's sentence. */
  detail?: string
  code?: string
}

function fromRegistry(failure: GatewayFailure, isChinese: boolean): Explanation {
  const entries: Record<string, (typeof errorRegistry)[keyof typeof errorRegistry]> = errorRegistry
  const entry = Object.hasOwn(entries, failure.code) ? entries[failure.code] : undefined
  if (entry === undefined) return { what: failure.message, code: failure.code }
  const detail = failure.message.replace(entry.en, '').replace(entry.zh, '').trim()
  return {
    what: isChinese ? entry.zh : entry.en,
    remedy: isChinese ? entry.remedyZh : entry.remedyEn,
    code: failure.code,
    ...(detail === '' ? {} : { detail }),
  }
}

export function FailureNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t, i18n } = useTranslation()
  const explain = (): Explanation => {
    if (!(error instanceof GatewayFailure) || error.code === 'unreadable') return { what: t('failure.unreadable') }
    if (error.code === 'network') return { what: t('failure.network') }
    return fromRegistry(error, i18n.language !== 'en')
  }
  const { what, remedy, detail, code } = explain()
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={what}
      description={
        <>
          {detail !== undefined && <div>{detail}</div>}
          {remedy !== undefined && <div>{remedy}</div>}
          {code !== undefined && <div>{t('failure.code', { code })}</div>}
        </>
      }
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t('retry')}
          </Button>
        )
      }
    />
  )
}
