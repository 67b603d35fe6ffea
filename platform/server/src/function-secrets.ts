import type { Control } from "@ashlar/control"
import type { FunctionsOptions } from "@ashlar/functions"
import type { Kms } from "@ashlar/kms"

/** Secrets by the grants that they have for functions; each read is in the audit trail of the project before it is handed out. */
export function secretsForFunctions(
  kms: Kms,
  { audit }: Pick<Control, "audit">,
): FunctionsOptions["secretFor"] & object {
  return async (projectId, request) => {
    const value = await kms.readAsFunction(projectId, request)
    const actor = { kind: "function", id: request.function, label: request.function } as const
    await audit.record({ project: { id: projectId }, actor }, { action: "secret.read", target: request.name })
    return value
  }
}
