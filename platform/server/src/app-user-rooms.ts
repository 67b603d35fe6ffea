import { type AppUsers, type AppUsersOptions, createAppUsers } from "@ashlar/identity"
import type { ProjectRooms } from "./project-rooms.ts"

/** The users of each project's app, opened when they are asked for. */
export interface AppUserRooms {
  /** @throws {SQLITE_MISSING} when the project's file is gone */
  of(projectId: string): Promise<AppUsers>
  /** To be told before a project's file is removed. */
  forget(projectId: string): void
  /** Deletes what is over of those that are open: in the others nothing has come to be since. @param signal Ends it between two. */
  prune(signal: AbortSignal): Promise<void>
}

/** Kept at hand: each holds a few keys. */
const MAX_ROOMS = 1000

export function createAppUserRooms(rooms: ProjectRooms, options: AppUsersOptions): AppUserRooms {
  const open = createAppUsers(options)
  const known = new Map<string, Promise<AppUsers>>()
  return {
    of(projectId) {
      const found = known.get(projectId)
      if (found !== undefined) return found
      const opened = rooms.open(projectId).then(({ file }) => open({ projectId, file }))
      known.set(projectId, opened)
      opened.catch(() => known.delete(projectId))
      const [oldest] = known.keys()
      if (known.size > MAX_ROOMS && oldest !== undefined) known.delete(oldest)
      return opened
    },
    forget: (projectId) => void known.delete(projectId),
    async prune(signal) {
      for (const [projectId, users] of [...known]) {
        signal.throwIfAborted()
        // One that was forgotten meanwhile has no file any more.
        if (known.has(projectId)) await (await users).prune(signal)
      }
    },
  }
}
