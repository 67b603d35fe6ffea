import type { ProjectStorage } from "@ashlar/control"
import type { FunctionsService } from "@ashlar/functions"
import type { Kms } from "@ashlar/kms"
import type { Storage } from "@ashlar/storage"
import type { AppUserRooms } from "./app-user-rooms.ts"
import type { ProjectRooms } from "./project-rooms.ts"
import { removeBundles } from "./upkeep/remove-bundles.ts"

/** All that a project keeps, made and removed at once. */
export function projectStorage(options: {
  readonly rooms: ProjectRooms
  readonly appUsers: AppUserRooms
  /** Asked when it is needed: functions are opened after what names their projects. */
  readonly functions: () => FunctionsService
  readonly bundles: Storage
  readonly kms: Kms
}): ProjectStorage {
  const { rooms, appUsers, functions, bundles, kms } = options
  return {
    create: (projectId) => rooms.create(projectId),
    async remove(projectId) {
      appUsers.forget(projectId)
      await functions().forget(projectId)
      await rooms.remove(projectId)
      await removeBundles(bundles, projectId)
      await kms.forget(projectId)
    },
  }
}
