import { MAX_NESTING } from "./limits.ts"

/**
 * Counts what one validation costs. Schemas from outside can be written so that a small value is looked at exponentially
 * often; when the steps are used up every part answers no, and the whole answers no for that reason.
 */
export class Meter {
  private readonly maxSteps: number
  private steps = 0
  private nesting = 0
  isSpent = false

  constructor(maxSteps: number) {
    this.maxSteps = maxSteps
  }

  reset(): void {
    this.steps = 0
    this.nesting = 0
    this.isSpent = false
  }

  /** Whether there is room for one more part inside those that are being asked. */
  enter(): boolean {
    if (this.isSpent || ++this.steps > this.maxSteps || this.nesting >= MAX_NESTING) {
      this.isSpent = true
      return false
    }
    this.nesting++
    return true
  }

  leave(): void {
    this.nesting--
  }
}
