import { Answer } from "../answer.ts"
import { TestMisused } from "../errors.ts"
import {
  type Checked,
  checkHeader,
  checkJson,
  checkProblem,
  checkStatus,
  type ExpectedProblem,
  type ExpectedStatus,
  type Verdict,
} from "../expectations.ts"

/** What `expect(answer)` can say of an answer, once the matchers of the runner are imported. */
export interface AnswerMatchers<R> {
  toHaveStatus(expected: ExpectedStatus): R
  toHaveHeader(name: string, value?: string | RegExp): R
  /** A problem document (RFC 9457) of this code, with at least these members. */
  toHaveProblem(problem: ExpectedProblem, subset?: object): R
  /** A body with at least these members. */
  toHaveJson(subset: unknown): R
}

/** What runners want of a matcher. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

type Matcher<A extends readonly unknown[]> = (received: unknown, ...args: A) => MatcherResult

/** The matchers, as `expect.extend` takes them. */
export const answerMatchers: {
  readonly toHaveStatus: Matcher<[ExpectedStatus]>
  readonly toHaveHeader: Matcher<[string, (string | RegExp)?]>
  readonly toHaveProblem: Matcher<[ExpectedProblem, object?]>
  readonly toHaveJson: Matcher<[unknown]>
} = {
  toHaveStatus: matcher("toHaveStatus", checkStatus),
  toHaveHeader: matcher("toHaveHeader", checkHeader),
  toHaveProblem: matcher("toHaveProblem", checkProblem),
  toHaveJson: matcher("toHaveJson", checkJson),
}

function matcher<A extends readonly unknown[]>(
  name: string,
  check: (answer: Checked, ...args: A) => Verdict,
): Matcher<A> {
  return (received, ...args) => {
    if (!(received instanceof Answer))
      throw new TestMisused(`${name} takes an answer: \`expect(await test.get(…)).${name}(…)\``)
    const verdict = check(received, ...args)
    const opposite = `Expected the opposite of ${name}(${args.map((one) => JSON.stringify(one) ?? String(one)).join(", ")})`
    return { pass: verdict === undefined, message: () => `${verdict ?? opposite}\n\n${received.exchange}\n` }
  }
}
