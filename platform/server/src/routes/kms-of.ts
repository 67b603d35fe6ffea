import type { Access } from "@ashlar/control"
import type { ProjectKms } from "@ashlar/kms"
import type { Platform } from "../platform.ts"

/** The keys and secrets of the project that somebody was let into; what they do is written in their name. */
export function kmsOf({ kms, control }: Platform, access: Access): ProjectKms {
  return kms.of(access.project.id, {
    actor: access.actor,
    note: (note) => control.audit.record(access, note),
  })
}
