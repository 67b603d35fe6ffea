/** Importing this gives `expect` of Vitest the matchers for answers. */
import { expect } from "vitest"
import { type AnswerMatchers, answerMatchers } from "./matchers.ts"

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends AnswerMatchers<R> {}
}

expect.extend(answerMatchers as unknown as Parameters<typeof expect.extend>[0])
