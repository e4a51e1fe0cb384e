// Reads how many tests a stage ran from the JSON report that vitest wrote beside its output.
import { readFileSync } from 'node:fs'

export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 }

/** Undefined when there is no readable report, which means that vitest did not get as far as running tests. */
export function readTestCounts(reportFile: string): TestCounts | undefined {
  let report: unknown
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    // The stage's own output says why; the caller counts it as failed.
    return undefined
  }
  const count = (name: string) => Number((report as Record<string, unknown>)[name] ?? 0)
  return {
    passed: count('numPassedTests'),
    // A file that cannot be loaded has no failed test in it, but it did fail.
    failed: Math.max(count('numFailedTests'), count('numFailedTestSuites') > 0 ? 1 : 0),
    skipped: count('numPendingTests') + count('numTodoTests'),
  }
}

export const addCounts = (a: TestCounts, b: TestCounts): TestCounts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})
