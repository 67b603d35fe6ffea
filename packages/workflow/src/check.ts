import { WorkflowOptionInvalid } from "./errors.ts"

/** @throws {WORKFLOW_OPTION_INVALID} */
export function checkInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new WorkflowOptionInvalid(`Expected ${name} to be an integer from ${least} to ${most}, got ${String(value)}.`)
}

/** @throws {WORKFLOW_OPTION_INVALID} */
export function checkName(what: string, name: string): string {
  const isFine = typeof name === "string" && /^[^\p{Cc}#]{1,100}$/u.test(name) && name.isWellFormed()
  // Some databases take a name with a space behind it for the one without.
  if (isFine && name.trim() === name) return name
  throw new WorkflowOptionInvalid(
    `Expected the name of a ${what} to be 1 to 100 characters without # and control characters, and no space around it.`,
  )
}

/** @throws {WORKFLOW_OPTION_INVALID} */
export function checkId(id: string): string {
  if (typeof id === "string" && /^[\x21-\x7e]{1,200}$/.test(id)) return id
  throw new WorkflowOptionInvalid("Expected the id of a run to be 1 to 200 visible ASCII characters without spaces.")
}
