// The form of the first set-up. It checks what the gateway would refuse anyway; sending is the page's business.
import { Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import {
  enterpriseNameLengthMax,
  passwordLengthMax,
  passwordLengthMin,
  type SetupRequest,
} from '../gateway-api/setup.ts'
import { FailureNotice } from '../shell/failure-notice.tsx'

interface SetupFormProps {
  isSending: boolean
  error: unknown
  onSubmit(request: SetupRequest): void
}

const required = (message: string) => [{ required: true, whitespace: true, message }]
const trimmed = (value: string | undefined) => value?.trim() ?? ''

export function SetupForm({ isSending, error, onSubmit }: SetupFormProps) {
  const { t } = useTranslation()
  const lengths = { min: passwordLengthMin, max: passwordLengthMax }
  return (
    <Form<SetupRequest>
      layout="vertical"
      requiredMark={false}
      disabled={isSending}
      onFinish={(request) => onSubmit({ ...request, enterpriseName: request.enterpriseName.trim() })}
    >
      <Form.Item
        name="token"
        label={t('setup.token')}
        extra={t('setup.tokenHint')}
        normalize={trimmed}
        rules={required(t('setup.tokenMissing'))}
      >
        <Input autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item
        name="enterpriseName"
        label={t('setup.enterpriseName')}
        rules={required(t('setup.enterpriseNameMissing'))}
      >
        <Input autoComplete="organization" maxLength={enterpriseNameLengthMax} />
      </Form.Item>
      <Form.Item
        name="email"
        label={t('setup.email')}
        normalize={trimmed}
        rules={[{ required: true, type: 'email', message: t('setup.emailInvalid') }]}
      >
        <Input type="email" autoComplete="username" />
      </Form.Item>
      <Form.Item
        name="password"
        label={t('setup.password')}
        extra={t('setup.passwordHint', lengths)}
        rules={[
          { required: true, min: passwordLengthMin, message: t('setup.passwordShort', lengths) },
          { max: passwordLengthMax, message: t('setup.passwordLong', lengths) },
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {error !== null && error !== undefined && (
        <Form.Item>
          <FailureNotice error={error} />
        </Form.Item>
      )}
      <Button type="primary" htmlType="submit" loading={isSending}>
        {t('setup.submit')}
      </Button>
    </Form>
  )
}
