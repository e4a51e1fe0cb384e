// How the chunks of a streamed answer are strung together: as server-sent events, with CRLF as the vendor writes them, or as the
// elements of one JSON array, which is what this wire's streams are unless a client asks for events.

export interface StreamFrame {
  /** One chunk, given as JSON. */
  chunk(json: string): string
  /** What ends the stream. Only the first call gives anything. */
  end(): string
}

export const eventFrame: StreamFrame = Object.freeze({
  chunk: (json: string) => `data: ${json}\r\n\r\n`,
  end: () => '',
})

export function createArrayFrame(): StreamFrame {
  let before = '['
  let isOver = false
  return {
    chunk(json) {
      const text = before + json
      before = ',\r\n'
      return text
    },
    end() {
      if (isOver) return ''
      isOver = true
      return before === '[' ? '[]' : '\r\n]'
    },
  }
}
