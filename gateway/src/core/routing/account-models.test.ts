// Which model an account serves at a time.
import { expect, test } from 'vitest'
import { flatPrice } from '../pricing/cost.ts'
import { traitsOfUnknown } from '../protocols/model-traits.ts'
import { AccountModels, type ModelView } from './account-models.ts'

const model = (name: string, over: Partial<ModelView> = {}): ModelView => ({
  name,
  outputTokensMax: 1,
  traits: traitsOfUnknown,
  price: undefined,
  ...over,
})

test('MO3 an announced price is in force from its time on, by the clock alone', () => {
  const third = model('m', { price: flatPrice('third', 3) })
  const second = model('m', { price: flatPrice('second', 2), next: { fromMs: 200, view: third } })
  const models = new AccountModels(
    [model('m', { price: flatPrice('first', 1), next: { fromMs: 100, view: second } })],
    'm',
  )
  const versions = [99, 100, 199, 200].map((nowMs) => models.find('m', nowMs)?.price?.version)
  expect(versions).toEqual(['first', 'second', 'second', 'third'])
  expect(models.current(150)?.price?.version).toBe('second')
  expect(models.listed(150).map(({ price }) => price?.version)).toEqual(['second'])
  // The same view each time: what is remembered of a view stays good.
  expect(models.find('m', 150)).toBe(models.find('m', 199))
})

test('what is retired is listed no more and served by name as long as the vendor does', () => {
  const models = new AccountModels([model('old', { retiredAtMs: 100 }), model('new')], undefined)
  expect(models.listed(99).map(({ name }) => name)).toEqual(['old', 'new'])
  expect(models.listed(100).map(({ name }) => name)).toEqual(['new'])
  expect([models.current(99)?.name, models.current(100)?.name]).toEqual(['old', 'new'])
  expect(models.find('old', 100)?.name).toBe('old')
})

test('names that are looked up are remembered, a bounded number of them, and found all the same beyond it', () => {
  let lookedUp = 0
  const models = new AccountModels([], 'given', (name) => {
    lookedUp += 1
    return name.startsWith('no') ? undefined : model(name)
  })
  expect(models.current(0)?.name).toBe('given')
  expect(models.find('no', 0)).toBeUndefined()
  const [first, again] = [models.find('a', 0), models.find('a', 0)]
  expect(first).toBe(again)
  expect(lookedUp).toBe(3)
  for (let index = 0; index < 1000; index += 1) expect(models.find(`b${index}`, 0)?.name).toBe(`b${index}`)
  expect(models.find('a', 0)).toBe(first)
})
