import { afterEach, expect } from "bun:test"
import type { App } from "@ashlar/http"
import { type TestApp, testApp } from "./index.ts"

const open: Pick<TestApp, "close">[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
/** Has an app under test closed after the test. */
export function closedAfter<T extends Pick<TestApp, "close">>(test: T): T {
  open.push(test)
  return test
}
/** An app under test, which is closed after the test. */
export function under<X, E>(app: App<X, E>, options: Parameters<typeof testApp<never>>[1] = {}): TestApp {
  return closedAfter(testApp(app, options))
}

/** What a promise rejects with. */
export async function failure(promise: PromiseLike<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => expect.unreachable(),
    (error) => error,
  )
}
