// The doctor's checks of the machine: data directory, its owner, free space, the secrets file, the clock. All of them only
// look.
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from '../../config.ts'
import type { Clock } from '../../platform/clock.ts'
import { findOwner } from '../../platform/database/owner-lock.ts'
import type { Random } from '../../platform/random.ts'
import {
  findSecretsFileExposure,
  loadSecrets,
  secretsFilePath,
  SecretsFileError,
} from '../../platform/secrets/secrets-file.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const gibibyte = 1024 ** 3
const mebibyte = 1024 ** 2
/** A busy day of metering and the hourly snapshots fit; below it someone should look. */
const freeSpaceWarnBytes = gibibyte
/** The journal refuses requests when it cannot write; this is minutes before. */
const freeSpaceFailBytes = 100 * mebibyte
const mebibytesPerGibibyte = 1024

export function checkDataDirectory(dataDir: string): Finding {
  const name = 'data directory'
  const path = resolve(dataDir)
  const nearest = nearestExisting(path)
  try {
    accessSync(nearest, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    // Which of the three is missing does not change the remedy.
    return fail(
      name,
      `${nearest} cannot be read and written by this user`,
      'give the user of the gateway the directory, or set AICARPOOL_DATA_DIR',
    )
  }
  return ok(name, nearest === path ? path : `${path} does not exist yet; the first start makes it`)
}

export function checkOwner(dataDir: string): Finding {
  const name = 'owner'
  try {
    const owner = findOwner(dataDir)
    if (owner === undefined) return ok(name, 'no process owns the data directory')
    return ok(name, `process ${owner.pid} on ${owner.host} owns the data directory since ${owner.acquiredAt}`)
  } catch (error) {
    return fail(name, `the lock cannot be read: ${reasonOf(error)}`, 'check the permissions of the data directory')
  }
}

export function checkFreeSpace(dataDir: string): Finding {
  const name = 'disk'
  const stat = statfsSync(nearestExisting(resolve(dataDir)))
  const free = stat.bavail * stat.bsize
  const text = `${Math.floor(free / mebibyte) >= mebibytesPerGibibyte ? `${(free / gibibyte).toFixed(1)} GiB` : `${Math.floor(free / mebibyte)} MiB`} free`
  const remedy =
    'free space or move the data directory to a larger disk; without space no request can be metered, so none is taken'
  if (free < freeSpaceFailBytes) return fail(name, text, remedy)
  return free < freeSpaceWarnBytes ? warn(name, text, remedy) : ok(name, text)
}

export function checkSecrets(config: Config, random: Random): Finding {
  const name = 'secrets'
  const path = secretsFilePath(config.dataDir)
  const configured = config.masterKeys.length > 0 && config.keyPepper !== undefined
  if (!existsSync(path)) {
    return ok(
      name,
      configured ? 'both come from the configuration' : `${path} does not exist yet; the first start makes it`,
    )
  }
  const exposure = findSecretsFileExposure(path)
  if (exposure !== undefined) return fail(name, exposure, `run "chmod 600 ${path}", and consider its content known`)
  try {
    // The file exists, so this only reads.
    loadSecrets({ ...config, random })
    return ok(name, `${path} is private and complete`)
  } catch (error) {
    if (error instanceof SecretsFileError)
      return fail(name, error.message, 'see docs/configuration.md, AICARPOOL_MASTER_KEY')
    return fail(name, `${path}: ${reasonOf(error)}`, 'run the doctor as the user of the gateway')
  }
}

/** When this file was written: no clock can be right that stands before. */
const earliestPlausibleMs = Date.UTC(2026, 0, 1)
/** A step of a second in the time the doctor runs is no drift, somebody set the clock. */
const stepToleratedMs = 1000

/** Begins to watch the clock; the answer is asked for when the other checks are through. */
export function watchClock(clock: Clock): () => Finding {
  const name = 'clock'
  const remedy =
    'let a time service such as systemd-timesyncd or chrony set the clock; limits and expiry dates follow it'
  const startedAt = clock.now()
  const startedAtMonotonic = clock.monotonic()
  return () => {
    const now = clock.now()
    const passed = clock.monotonic() - startedAtMonotonic
    const shown = new Date(now).toISOString()
    if (now < earliestPlausibleMs) return fail(name, `it is not ${shown}`, remedy)
    if (passed < 0)
      return fail(
        name,
        'the monotonic clock runs backwards',
        'this machine’s timer is broken; check its virtualisation',
      )
    if (Math.abs(now - startedAt - passed) > stepToleratedMs)
      return warn(name, 'the clock was set while the doctor looked', remedy)
    return ok(name, `${shown}, running evenly`)
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}
