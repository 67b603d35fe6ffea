import { UploadMisused } from "../errors.ts"

/** @throws {HTTP_UPLOAD_MISUSED} for a limit that is none. Undefined ones are their default. */
export function checkLimits(limits: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue
    throw new UploadMisused(`Expected \`${name}\` to be a whole number of at least 0, got ${value}`)
  }
}
