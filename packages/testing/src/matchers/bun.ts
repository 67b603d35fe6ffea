/** Importing this gives `expect` of `bun test` the matchers for answers. */
import { expect } from "bun:test"
import { setBunMatches } from "../json-subset.ts"
import { type AnswerMatchers, answerMatchers } from "./matchers.ts"

declare module "bun:test" {
  interface Matchers<T> extends AnswerMatchers<void> {}
}

expect.extend(answerMatchers as unknown as Parameters<typeof expect.extend>[0])
setBunMatches((matcher, value) => {
  try {
    expect(value).toEqual(matcher)
    return true
  } catch {
    return false
  }
})
