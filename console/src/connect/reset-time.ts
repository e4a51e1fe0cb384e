// The moment at which a limit resets, as people plan with it: date, minute and time zone, alike in every language.

/**
 * An ISO 8601 moment as `2026-07-02 08:00 GMT+8`, in the time zone with this IANA name. Without one, or with one that the
 * browser does not know, it is the browser's own.
 */
export function formatResetTime(moment: string, timeZone?: string): string {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of formatterOf(timeZone).formatToParts(new Date(moment))) parts[type] = value
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute} ${parts.timeZoneName}`
}

function formatterOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
  }
  try {
    return new Intl.DateTimeFormat('en', { ...options, timeZone })
  } catch {
    // A zone that was named after this browser was made; its own is labelled too, so the moment stays right.
    return new Intl.DateTimeFormat('en', options)
  }
}
