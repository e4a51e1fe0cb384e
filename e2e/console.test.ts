// The console in a real browser against the running demo: what people see, in both languages and themes.
import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage, seriousViolations, type PageChoices, type WatchedPage } from './support/browser.ts'
import { startDemo, type RunningDemo } from './support/gateway-process.ts'

let demo: RunningDemo
let browser: Browser
let watched: WatchedPage | undefined

beforeAll(async () => {
  demo = await startDemo()
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

afterEach(async () => {
  const { context, errors, foreignRequests } = watched ?? {}
  watched = undefined
  await context?.close()
  expect(errors ?? []).toEqual([])
  expect(foreignRequests ?? []).toEqual([])
})

async function open(path: string, choices?: PageChoices) {
  watched = await openPage(browser, demo.baseUrl, choices)
  await watched.page.goto(path)
  return watched
}

async function enterKey(page: WatchedPage['page'], key: string) {
  await page.locator('input[type=password]').fill(key)
  await page.locator('button[type=submit]').click()
}

async function expectVisible(locator: Locator) {
  await locator.waitFor()
  expect(await locator.isVisible()).toBe(true)
}

const group = (mode: 'dedicated' | 'shared' | 'hybrid') => {
  const found = demo.groups.find((candidate) => candidate.mode === mode)
  expect(found, `a ${mode} group in the demo`).toBeDefined()
  return found as RunningDemo['groups'][number]
}

test('the first page is Chinese and says that the gateway runs', async () => {
  const { page } = await open('/')
  await page.getByText('运行正常').waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('企业 AI 资源拼车平台')
  expect(await page.title()).toContain('首页')
  expect(await page.getByRole('link', { name: '查看接入方式' }).getAttribute('href')).toBe('/connect')
})

test('a browser that does not ask for Chinese gets English at its first visit, and Chinese once it is chosen', async () => {
  const { page } = await open('/', { locale: 'de-DE' })
  await page.getByRole('heading', { name: 'One pool of AI accounts for many teams' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  await page.getByTestId('language-switch').click()
  await page.locator('.ant-select-item', { hasText: '中文' }).click()
  await page.reload()
  await page.getByRole('heading', { name: '企业 AI 资源拼车平台' }).waitFor()
})

test('the page is sent with a policy that allows scripts from the gateway alone', async () => {
  watched = await openPage(browser, demo.baseUrl)
  const response = await watched.page.goto('/')
  const policy = response?.headers()['content-security-policy'] ?? ''
  expect(policy).toMatch(/script-src 'self'(;|$)/)
  await watched.page.getByText('运行正常').waitFor()
})

test('a chosen language and theme stay after a reload', async () => {
  const { page } = await open('/')
  await page.getByTestId('language-switch').click()
  await page.locator('.ant-select-item', { hasText: 'English' }).click()
  await page.getByRole('heading', { name: 'One pool of AI accounts for many teams' }).waitFor()
  await page.getByTestId('theme-switch').click()
  await page.locator('.ant-select-item', { hasText: 'Dark' }).click()
  await page.reload()
  await page.getByRole('heading', { name: 'One pool of AI accounts for many teams' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  expect(await page.locator('html').getAttribute('style')).toContain('color-scheme: dark')
})

test.each(['dedicated', 'shared', 'hybrid'] as const)(
  'a key of the %s group shows its group and limits',
  async (mode) => {
    const { page } = await open('/connect')
    const { name, key } = group(mode)
    await enterKey(page, key)
    const overview = page.getByTestId('key-overview')
    await overview.getByText(name, { exact: true }).waitFor()
    expect(await overview.locator('tbody tr.ant-table-row').count()).toBeGreaterThan(0)
    expect(await overview.textContent()).toContain(key.slice(-4))
    // Midnight in Shanghai, with its zone.
    expect(await overview.textContent()).toMatch(/\d{4}-\d\d-\d\d 00:00 GMT\+8/)
  },
)

test('a pasted key is in no storage, in no address, and gone after a reload', async () => {
  const { page, context } = await open('/connect')
  const { key } = group('shared')
  await enterKey(page, key)
  await page.getByTestId('key-overview').waitFor()
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))
  expect(stored).not.toContain(key)
  expect(JSON.stringify(await context.cookies())).not.toContain(key)
  expect(page.url()).not.toContain(key)
  expect(await page.getByTestId('snippets').textContent()).not.toContain(key)
  await page.reload()
  await page.getByTestId('snippets').waitFor()
  expect(await page.getByTestId('key-overview').count()).toBe(0)
})

test('a request through the gateway shows up in the limits by itself', async () => {
  const { page } = await open('/connect')
  const { id, key } = group('shared')
  await enterKey(page, key)
  const rows = page.getByTestId('key-overview').locator('.ant-table-tbody')
  await rows.waitFor()
  const before = await rows.textContent()
  const answer = await fetch(new URL('/api/ai/chat', demo.baseUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ groupId: id, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect(answer.status).toBe(200)
  await answer.arrayBuffer()
  await expect.poll(async () => rows.textContent(), { timeout: 10_000 }).not.toBe(before)
})

test('the copied curl commands are answered', async () => {
  const { page, context } = await open('/connect', { language: 'en' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await enterKey(page, group('shared').key)
  await page.getByTestId('key-overview').waitFor()
  for (const name of ['curl · AiCarpool', 'curl · Chat Completions', 'curl · Messages']) {
    await page.getByRole('tab', { name }).click()
    await page.getByRole('tabpanel', { name }).getByRole('button', { name: /^Copy/ }).click()
    const command = await readClipboard(page)
    const answer = await runCurl(command)
    expect(answer.status, `${command}\n${await answer.clone().text()}`).toBe(200)
    await answer.arrayBuffer()
  }
})

async function readClipboard(page: WatchedPage['page']): Promise<string> {
  return page.evaluate(async () => {
    const { navigator: inPage } = globalThis as unknown as { navigator: { clipboard: { readText(): Promise<string> } } }
    return inPage.clipboard.readText()
  })
}

/** Does what curl would do with such a command, without needing curl. */
async function runCurl(command: string): Promise<Response> {
  const url = /^curl (\S+)/.exec(command)?.[1] ?? ''
  const headers = [...command.matchAll(/-H "([^:]+): ([^"]+)"/g)].map((match) => [match[1] ?? '', match[2] ?? ''])
  const body = /-d '(.*)'$/s.exec(command)?.[1] ?? ''
  return fetch(url, { method: 'POST', headers: Object.fromEntries(headers) as Record<string, string>, body })
}

test('a wrong key is explained in the language of the page', async () => {
  const { page, errors } = await open('/connect', { language: 'en' })
  await enterKey(page, 'aicp_00000000_wrong')
  await expectVisible(page.getByRole('alert').getByText('The API key is not valid.'))
  await expectVisible(page.getByRole('alert').getByText('invalid_key'))
  // The browser itself reports the refused request; that is not an error of the page.
  errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('401')))
})

test('a deep link survives a reload, and an unknown address helps on', async () => {
  const { page } = await open('/connect')
  await page.getByRole('heading', { level: 1, name: '接入客户端' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { level: 1, name: '接入客户端' }).waitFor()
  await page.goto('/no/such/page')
  await expectVisible(page.getByText('/no/such/page'))
  await page.getByRole('link', { name: '返回首页' }).click()
  await page.getByText('运行正常').waitFor()
})

test('the set-up page of a gateway that is set up leads on', async () => {
  const { page } = await open('/setup')
  await expectVisible(page.getByText('网关已完成初始化'))
})

test.each(['light', 'dark'] as const)('axe finds nothing serious in the %s theme', async (theme) => {
  const { page } = await open('/', { theme, isAudit: true })
  await page.getByText('运行正常').waitFor()
  expect(await seriousViolations(page)).toEqual([])
  await page.goto('/connect')
  await page.getByTestId('snippets').waitFor()
  expect(await seriousViolations(page)).toEqual([])
  await enterKey(page, group('hybrid').key)
  await page.getByTestId('key-overview').locator('.ant-table-tbody').waitFor()
  expect(await seriousViolations(page)).toEqual([])
  await page.goto('/no/such/page')
  await page.getByRole('link', { name: '返回首页' }).waitFor()
  expect(await seriousViolations(page)).toEqual([])
})
