// The engines a database suite runs on: the embedded one always, the server when TEST_DATABASE_URL names one.
// Owns that list, so that "the same suite on both" is written once.
import { openEmbeddedTestDatabase, openServerTestDatabase, testServerUrl } from './test-database.ts'
import type { TestDatabase } from './test-database.ts'

export interface TestEngine {
  name: 'embedded' | 'server'
  open(): Promise<TestDatabase>
}

export const testEngines: readonly TestEngine[] = [
  { name: 'embedded', open: openEmbeddedTestDatabase },
  ...(testServerUrl ? [{ name: 'server' as const, open: () => openServerTestDatabase(testServerUrl as string) }] : []),
]
