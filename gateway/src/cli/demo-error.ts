// A demo that cannot go on, with what to do about it in its message.

export class DemoError extends Error {
  override readonly name = 'DemoError'
}
