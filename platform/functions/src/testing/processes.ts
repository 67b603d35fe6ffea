import { readdirSync, readFileSync } from "node:fs"

/** A process as the kernel shows it. */
export interface ProcessFacts {
  readonly pid: number
  readonly name: string
  readonly uid: number
  readonly zombie: boolean
}

/** Every descendant of a process. */
export function descendantsOf(pid: number): ProcessFacts[] {
  const children: number[] = []
  try {
    for (const task of readdirSync(`/proc/${pid}/task`))
      children.push(
        ...readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number),
      )
  } catch {
    return []
  }
  return children.flatMap((child) => [...factsOf(child), ...descendantsOf(child)])
}

/** The process, as long as it is there. */
export function factsOf(pid: number): ProcessFacts[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1")
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? ""
    return [{ pid, name: field("Name"), uid: Number(field("Uid")), zombie: field("State") === "Z" }]
  } catch {
    return []
  }
}

/** Waits until `check` holds, or a second has passed. */
export async function eventually(check: () => boolean, withinMs = 1000): Promise<boolean> {
  const untilMs = performance.now() + withinMs
  while (!check()) {
    if (performance.now() > untilMs) return false
    await Bun.sleep(10)
  }
  return true
}
