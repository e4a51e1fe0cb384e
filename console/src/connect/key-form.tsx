// The field for a gateway key. The key is handed up and held nowhere else; browsers are asked not to store it.
import { Button, Flex, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'

interface KeyFormProps {
  isChecking: boolean
  hasKey: boolean
  onEnter(secret: string): void
  onForget(): void
}

/** What may stand in an HTTP header; anything else is a mistake while pasting, and the browser would refuse to send it. */
const headerSafe = /^[\u0021-\u007e]+$/

export function KeyForm({ isChecking, hasKey, onEnter, onForget }: KeyFormProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ secret: string }>()
  const forget = () => {
    form.resetFields()
    onForget()
  }
  return (
    <Form
      form={form}
      className="key-form"
      layout="vertical"
      requiredMark={false}
      onFinish={({ secret }) => onEnter(secret)}
    >
      <Flex gap={8} align="flex-start" wrap>
        <Form.Item
          name="secret"
          label={t('connect.keyLabel')}
          extra={t('connect.keyHint')}
          normalize={(value: string | undefined) => value?.trim() ?? ''}
          rules={[
            { required: true, message: t('connect.keyMissing') },
            { pattern: headerSafe, message: t('connect.keyUnreadable') },
          ]}
          style={{ flex: '1 1 320px' }}
        >
          <Input.Password
            autoComplete="off"
            spellCheck={false}
            placeholder={t('connect.keyPlaceholder')}
            data-1p-ignore
            data-lpignore="true"
          />
        </Form.Item>
        <Form.Item label=" " colon={false}>
          <Flex gap={8}>
            <Button type="primary" htmlType="submit" loading={isChecking}>
              {t('connect.show')}
            </Button>
            {hasKey && <Button onClick={forget}>{t('connect.forget')}</Button>}
          </Flex>
        </Form.Item>
      </Flex>
    </Form>
  )
}
