// A Chromium for browser tests that can reach this machine only, and pages that remember what went wrong in them.
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { browserRemedy, findBrowser } from '../run/find-browser.ts'

export interface PageChoices {
  /** What somebody chose in the console before. */
  language?: 'zh-CN' | 'en'
  /** What the browser asks for, as BCP 47 tags do. Chinese unless the test is about it. */
  locale?: string
  theme?: 'light' | 'dark'
  /** Lets axe into the page, which the page's own security policy would rightly refuse. */
  isAudit?: boolean
}

export interface WatchedPage {
  page: Page
  context: BrowserContext
  /** Errors on the page's console and errors that nothing caught. */
  errors: string[]
  /** Requests that would have left this machine; they were refused. */
  foreignRequests: string[]
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser(process.env)
  if (executablePath === undefined) throw new TypeError(`no Chromium here: ${browserRemedy}`)
  return chromium.launch({
    executablePath,
    args: [
      // Without it Chromium refuses to run as root, which build servers do.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Not even a name is looked up outside this machine.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  })
}

export async function openPage(browser: Browser, baseUrl: string, choices: PageChoices = {}): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL: baseUrl,
    bypassCSP: choices.isAudit === true,
    viewport: { width: 1280, height: 900 },
    locale: choices.locale ?? 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  })
  if (choices.language !== undefined) await remember(context, 'aicarpool.language', choices.language)
  if (choices.theme !== undefined) await remember(context, 'aicarpool.theme', choices.theme)
  const page = await context.newPage()
  const watched: WatchedPage = { page, context, errors: [], foreignRequests: [] }
  page.on('console', (message) => {
    if (message.type() === 'error') watched.errors.push(message.text())
  })
  page.on('pageerror', (error) => watched.errors.push(String(error)))
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    if (url.origin === new URL(baseUrl).origin) return route.continue()
    watched.foreignRequests.push(url.href)
    return route.abort()
  })
  return watched
}

/** Set once per context, not per page load, so that a choice made on the page survives a reload as it does for people. */
async function remember(context: BrowserContext, key: string, value: string): Promise<void> {
  await context.addInitScript(
    ([name, chosen]) => {
      if (name !== undefined && chosen !== undefined && localStorage.getItem(name) === null) {
        localStorage.setItem(name, chosen)
      }
    },
    [key, value] as const,
  )
}

/** Accessibility violations that axe calls serious or critical, one line each. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
    }
    return (await inPage.run()).violations
  })
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
