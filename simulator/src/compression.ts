// Compresses an answer the way a vendor's edge does: piece by piece, each flushed, so that a stream stays one.
import { promisify } from 'node:util'
import type { BrotliCompress, Gzip, ZstdCompress } from 'node:zlib'
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib'
import type { Encoding } from './fault-script.ts'

export interface Compressor {
  encoding: Encoding
  push(bytes: Buffer): Promise<Buffer>
  /** What the encoding ends with. */
  end(): Promise<Buffer>
}

type Transform = Gzip | BrotliCompress | ZstdCompress

const MAKERS: Record<Encoding, () => Transform> = {
  gzip: () => createGzip(),
  deflate: () => createDeflate(),
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: () => createZstdCompress(),
}

/** Null where the request does not accept the encoding; a plain answer is always right then. */
export function createCompressor(encoding: Encoding = 'gzip', acceptEncoding: string): Compressor | null {
  const accepted = acceptEncoding.split(',').map((name) => name.split(';')[0]?.trim().toLowerCase())
  if (!accepted.includes(encoding) && !accepted.includes('*')) return null
  const transform = MAKERS[encoding]()
  const pieces: Buffer[] = []
  transform.on('data', (piece: Buffer) => pieces.push(piece))
  const taken = () => Buffer.concat(pieces.splice(0))
  const flush = promisify((done: () => void) => transform.flush(done))
  return {
    encoding,
    async push(bytes) {
      transform.write(bytes)
      await flush()
      return taken()
    },
    async end() {
      await new Promise((resolve) => transform.end().once('end', resolve))
      return taken()
    },
  }
}
