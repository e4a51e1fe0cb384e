// A button that copies a text and says whether it worked.
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { copyText } from './copy-text.ts'

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const copy = async () => {
    if (await copyText(text)) message.success(t('copied'))
    else message.error(t('copyFailed'))
  }
  return (
    <Button size="small" aria-label={`${t('copy')}: ${label}`} onClick={() => void copy()}>
      {t('copy')}
    </Button>
  )
}
