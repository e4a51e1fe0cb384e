// What the gateway and the console agree on: schemas, the error registry, money and id types. No I/O.
export * from './ai-chat.ts'
export * from './assert.ts'
export * from './errors.ts'
export * from './ids.ts'
export * from './money.ts'
export * from './resource-binding.ts'
export * from './service-type.ts'
export * from './time-zone.ts'
