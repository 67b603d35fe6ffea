import { defineError, type ErrorClass } from "@ashlar/core"

export const ExpectationFailed: ErrorClass<"TESTING_EXPECTATION_FAILED", 500> = defineError(
  "TESTING_EXPECTATION_FAILED",
  500,
  "An answer is not what a test expects. The message shows the request and the answer.",
)
export const TestMisused: ErrorClass<"TESTING_MISUSED", 500> = defineError(
  "TESTING_MISUSED",
  500,
  "A test asks for what cannot be: two bodies, a duration that is none, or something of an app that is closed.",
)
export const NothingCame: ErrorClass<"TESTING_NOTHING_CAME", 500> = defineError(
  "TESTING_NOTHING_CAME",
  500,
  "A stream or a socket ended, or gave nothing for as long as a test waits. The message says what came before.",
)
export const FuzzFailed: ErrorClass<"TESTING_FUZZ_FAILED", 500> = defineError(
  "TESTING_FUZZ_FAILED",
  500,
  "Requests that were made from the schemas of the routes met answers that break a rule. Each is told with a command that sends it.",
)
