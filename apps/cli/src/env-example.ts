import { existsSync, readFileSync, writeFileSync } from "node:fs"

/** Puts names without values into a file, those that it lacks. @returns which. */
export function addVariables(path: string, variables: readonly string[]): readonly string[] {
  const before = existsSync(path) ? readFileSync(path, "utf8") : ""
  const known = new Set(before.split("\n").map((line) => line.split("=", 1)[0]!.trim()))
  const added = variables.filter((name) => !known.has(name))
  if (added.length === 0) return added
  const gap = before === "" || before.endsWith("\n") ? "" : "\n"
  writeFileSync(path, `${before}${gap}${added.map((name) => `${name}=\n`).join("")}`)
  return added
}
