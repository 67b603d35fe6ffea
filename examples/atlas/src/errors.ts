import { defineError, type ErrorClass } from "@ashlar/core"

export const CredentialsLost: ErrorClass<"ATLAS_CREDENTIALS_LOST", 500> = defineError(
  "ATLAS_CREDENTIALS_LOST",
  500,
  "The data folder is of an earlier start whose credentials are gone. Delete both, and start again.",
)

export const CommandFailed: ErrorClass<"ATLAS_COMMAND_FAILED", 500> = defineError(
  "ATLAS_COMMAND_FAILED",
  500,
  "A command of the example did not end well. It has printed why.",
)
