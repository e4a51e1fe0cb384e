// The first set-up of a new gateway, in a real browser: from the printed token to a gateway that knows its enterprise.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage, seriousViolations } from './support/browser.ts'
import { startNew } from './support/gateway-process.ts'

let gateway: Awaited<ReturnType<typeof startNew>>
let browser: Browser

beforeAll(async () => {
  gateway = await startNew()
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
})

test('HO2 the printed token sets the gateway up once, through the console', async () => {
  const { page, errors } = await openPage(browser, gateway.baseUrl, { isAudit: true })
  await page.goto('/')
  await page.getByRole('link', { name: '开始初始化' }).click()
  expect(new URL(page.url()).pathname).toBe('/setup')
  await page.locator('button[type=submit]').click()
  await page.getByText('密码至少需要 12 个字符').waitFor()
  expect(await seriousViolations(page)).toEqual([])

  await page.getByLabel('一次性令牌').fill('not-the-token')
  await page.getByLabel('企业名称').fill('示例企业')
  await page.getByLabel('管理员邮箱').fill('admin@example.com')
  await page.getByLabel('管理员密码').fill('correct horse battery')
  // By the keyboard: complaints that fade away move the button under a mouse that is as quick as this one.
  await page.getByLabel('管理员密码').press('Enter')
  await page.getByText('初始化令牌无效').waitFor()

  await page.getByLabel('一次性令牌').fill(gateway.token)
  await page.getByLabel('一次性令牌').press('Enter')
  await page.getByText('初始化完成').waitFor()
  expect(page.url()).not.toContain(gateway.token)
  await page.goto('/setup')
  await page.getByText('网关已完成初始化').waitFor()
  // The one refusal is reported by the browser itself; nothing else went wrong.
  expect(errors.filter((error) => !error.includes('403'))).toEqual([])
})
