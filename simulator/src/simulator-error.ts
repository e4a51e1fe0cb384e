// The one error the simulator throws at its operator: a setting, an account or a fault script that cannot be right.
// What goes wrong on a vendor's wire is never thrown; it is a `Problem` that the vendor words (problem.ts).

export type SimulatorErrorCode = 'invalid_accounts' | 'invalid_faults' | 'invalid_option' | 'wrong_mode'

export class SimulatorError extends Error {
  override readonly name = 'SimulatorError'
  readonly code: SimulatorErrorCode

  constructor(code: SimulatorErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
