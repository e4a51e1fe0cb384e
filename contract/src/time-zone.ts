// Time zones by name: in an enterprise's one the windows of its limits begin at midnight.
import { z } from 'zod'

/** The longest names of the IANA database have 32 characters; room for what it may yet bring. */
const nameLengthMax = 64
/** Names begin with a letter. `Intl` also takes offsets such as "+08:00", which know no daylight saving. */
const namePattern = /^[A-Za-z]/

/** An IANA name such as "Asia/Shanghai" (IANA Time Zone Database) that this runtime knows. */
export const timeZoneName = z
  .string()
  .max(nameLengthMax)
  .refine(isTimeZone, 'is not the name of a time zone, such as Asia/Shanghai')

function isTimeZone(name: string): boolean {
  if (!namePattern.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch {
    // RangeError is how Intl says that it does not know the name.
    return false
  }
}
