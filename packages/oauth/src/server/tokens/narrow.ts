import { Refusal } from "../wire/refusal.ts"

/** The resources that are asked for of those that were granted; all of them where none is named. @throws {OAUTH_REFUSED} */
export function narrowResources(granted: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.some((uri) => !granted.includes(uri)))
    throw new Refusal("invalid_target", "One of the resources was not granted.")
  return asked.length > 0 ? asked : granted
}

/** The same for scopes. @throws {OAUTH_REFUSED} */
export function narrowScopes(granted: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.some((scope) => !granted.includes(scope)))
    throw new Refusal("invalid_scope", "One of the scopes was not granted.")
  return asked.length > 0 ? asked : granted
}
