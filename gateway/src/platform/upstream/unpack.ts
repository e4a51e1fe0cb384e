// Answers that come compressed although none was asked for: some proxies in front of an endpoint do that. What is not compressed
// passes through untouched, at the price of one call.
import { interceptors, type Dispatcher } from 'undici'

type Handler = Dispatcher.DispatchHandler
type Headers = Parameters<NonNullable<Handler['onResponseStart']>>[2]

/** A few kilobytes can unpack into gigabytes; no real answer comes near this. */
const unpackedBytesMax = 256 * 1024 * 1024
const decompress = interceptors.decompress({ skipErrorResponses: false, maxSize: unpackedBytesMax })

/** Passes an answer on to `reader`, unpacked. What cannot be unpacked ends as an error; an unknown encoding is left as it is. */
export class UnpackingHandler implements Handler {
  readonly #reader: Handler
  #target: Handler

  constructor(reader: Handler) {
    this.#reader = reader
    this.#target = reader
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#reader.onRequestStart?.(controller, context)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
    statusMessage?: string,
  ): void {
    if (headers['content-encoding'] !== undefined && this.#target === this.#reader) {
      this.#target = unpackedFor(this.#reader)
      // It is told of its beginning only now.
      this.#target.onRequestStart?.(controller, undefined)
    }
    this.#target.onResponseStart?.(controller, status, headers, statusMessage)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#target.onResponseData?.(controller, chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: Headers): void {
    this.#target.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#target.onResponseError?.(controller, error)
  }
}

/** The library wraps whole dispatchers; this asks it for the handler it would use. */
function unpackedFor(reader: Handler): Handler {
  let made: Handler = reader
  const capture: Dispatcher['dispatch'] = (_options, handler) => {
    made = handler
    return true
  }
  const behindStart: Handler = {
    onResponseStart: (...parts) => reader.onResponseStart?.(...parts),
    onResponseData: (...parts) => reader.onResponseData?.(...parts),
    onResponseEnd: (...parts) => reader.onResponseEnd?.(...parts),
    onResponseError: (...parts) => reader.onResponseError?.(...parts),
  }
  decompress(capture)({ path: '/', method: 'GET' }, behindStart)
  return made
}
