// Password hashing for accounts of people. Owns the algorithm and its cost; the rules for a password are the feature's.
import { hash } from '@node-rs/argon2'

/** argon2id in the crate's numbering, which is the one of RFC 9106, section 3.1; its declaration is a const enum, which type stripping cannot read. */
const argon2id = 2
/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
const memoryCostKib = 19_456
const timeCostPasses = 2
const lanes = 1

/** A PHC string with its own salt and parameters. Takes tens of milliseconds, off the main thread. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password, {
    algorithm: argon2id,
    memoryCost: memoryCostKib,
    timeCost: timeCostPasses,
    parallelism: lanes,
  })
}
