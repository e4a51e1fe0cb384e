// Addresses that name the model and what is asked of it: `/v1beta/models/{model}:{action}` (Google API design guide, "Custom
// methods"). Reads those of clients and makes those of accounts.
import { AppError } from '@aicarpool/contract'
import type { RequestTarget } from './protocol.ts'
import { readModel } from './request-fields.ts'

/** The colon may come encoded, and a model's name may hold colons and slashes of its own: the last colon counts. */
const addressPattern = /^\/v1(?:beta)?\/(.+)(?::|%3a)([a-z]+)$/i
const collection = 'models/'

export interface ModelAddress {
  model: string
  action: string
}

/** Undefined where the address is of another form, or is percent-encoded in a way that nothing can decode. */
export function matchModelAddress(path: string): ModelAddress | undefined {
  const [, name, action] = addressPattern.exec(path) ?? []
  const decoded = name === undefined ? undefined : decode(name)
  if (decoded === undefined || action === undefined) return undefined
  return { model: bareName(decoded), action }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign: no model has such a name, so the address is nobody's.
    return undefined
  }
}

function bareName(model: string): string {
  return model.startsWith(collection) ? model.slice(collection.length) : model
}

/** The model of a matched address. Throws AppError where it cannot be one that a group's accounts serve. */
export function requireModel({ model }: RequestTarget): string {
  const name = readModel({ model })
  if (!name.startsWith('tunedModels/')) return name
  throw new AppError('model_not_supported', {
    detail: 'A tuned model belongs to the project that made it.',
    field: 'model',
  })
}

/** `model` may be a bare name or the full resource name; every other character of it is data, never part of the path. */
export function modelPath(model: string, action: string): string {
  // Half a surrogate pair, which JSON can carry, would make encodeURIComponent throw.
  return `/v1beta/models/${encodeURIComponent(bareName(model).toWellFormed())}:${action}`
}
