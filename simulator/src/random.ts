// Seeded randomness: the same parts give the same draws, on every machine. Nothing in the simulator uses Math.random,
// so a failing run replays from its seed. The draws are SHA-256 in counter mode.
import { createHash } from 'node:crypto'

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const UINT32_VALUES = 2 ** 32

export interface Random {
  /** In [0, 1). */
  unit(): number
  /** Both ends included. */
  integer(min: number, max: number): number
  alphanumeric(length: number): string
  hex(length: number): string
  uuid(): string
}

export function createRandom(...parts: readonly (string | number)[]): Random {
  const key = createHash('sha256').update(JSON.stringify(parts)).digest()
  let block = key
  let offset = 0
  let counter = 0

  function uint32(): number {
    if (offset === block.length || counter === 0) {
      counter += 1
      block = createHash('sha256').update(key).update(String(counter)).digest()
      offset = 0
    }
    const value = block.readUInt32BE(offset)
    offset += 4
    return value
  }

  const unit = () => uint32() / UINT32_VALUES
  const integer = (min: number, max: number) => min + Math.floor(unit() * (max - min + 1))
  const letters = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[integer(0, alphabet.length - 1)]).join('')
  const hex = (length: number) => letters('0123456789abcdef', length)

  return {
    unit,
    integer,
    hex,
    alphanumeric: (length) => letters(ALPHANUMERIC, length),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  }
}
