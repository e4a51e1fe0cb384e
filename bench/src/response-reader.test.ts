// Tests of response-reader.ts: any split of the bytes gives the same responses.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedResponse, ResponseReader } from './response-reader.ts'

const fixed = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const chunked =
  'HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nt: 1\r\n\r\n'
const bare = 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'

function read(pieces: readonly Buffer[]) {
  const responses: { status: number; body: string; isEnded: boolean }[] = []
  const reader = new ResponseReader({
    onHead: (status) => responses.push({ status, body: '', isEnded: false }),
    onBody: (piece) => {
      const last = responses.at(-1)
      if (last) last.body += piece.toString()
    },
    onEnd: () => {
      const last = responses.at(-1)
      if (last) last.isEnded = true
    },
  })
  for (const piece of pieces) reader.push(piece)
  return { responses, isIdle: reader.isIdle }
}

const expected = [
  { status: 200, body: 'hello', isEnded: true },
  { status: 201, body: 'abc0123456789', isEnded: true },
  { status: 500, body: '', isEnded: true },
]

test('any split of three responses gives the same three responses', () => {
  const bytes = Buffer.from(fixed + chunked + bare)
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length })), (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
      expect(read(pieces)).toEqual({ responses: expected, isIdle: true })
    }),
  )
})

test('an incomplete response is neither ended nor idle', () => {
  expect(read([Buffer.from(fixed.slice(0, -1))])).toEqual({
    responses: [{ status: 200, body: 'hell', isEnded: false }],
    isIdle: false,
  })
})

test.each([
  'garbage\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n',
])('%j is refused', (bytes) => {
  expect(() => read([Buffer.from(bytes)])).toThrow(MalformedResponse)
})
