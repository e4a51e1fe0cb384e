// Server-sent events as text, for encoders: one event with its data as JSON, and its name where the wire names events.

export function sseText(data: unknown, name?: string): string {
  const json = JSON.stringify(data)
  return name === undefined ? `data: ${json}\n\n` : `event: ${name}\ndata: ${json}\n\n`
}
