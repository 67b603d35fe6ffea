import { type Clock, type IdSource, systemClock, uuidv7 } from "@ashlar/core"
import { type DocumentStore, documentsFeature, type FieldCipher, openDocuments } from "@ashlar/documents"
import { functionsFeature } from "@ashlar/functions"
import { identityFeature } from "@ashlar/identity"
import type { SqliteEngine, SqliteFile } from "@ashlar/sqlite"

/** What one project keeps: its file, and the stores on it. */
export interface ProjectRoom {
  readonly file: SqliteFile
  readonly documents: DocumentStore
}

/** The rooms of all projects, opened when they are asked for. */
export interface ProjectRooms {
  /** @throws {SQLITE_MISSING} when the project's file is gone: an empty one in its place would hide the loss. */
  open(projectId: string): Promise<ProjectRoom>
  create(projectId: string): Promise<void>
  remove(projectId: string): Promise<void>
}

/** Rooms kept at hand; the engine below has its own bound on open files. */
const MAX_ROOMS = 1000
const DEFINITION = { kind: "project", features: [documentsFeature, functionsFeature, identityFeature] } as const

export function createProjectRooms(options: {
  readonly engine: SqliteEngine
  readonly pathOf: (projectId: string) => string
  /** The key that signs a project's cursors. */
  readonly cursorKeyOf: (projectId: string) => Uint8Array
  /** Seals the encrypted fields of a project's documents. */
  readonly cipherOf: (projectId: string) => FieldCipher
  readonly clock?: Clock
  readonly ids?: IdSource
}): ProjectRooms {
  const { engine, pathOf, cursorKeyOf, cipherOf, clock = systemClock, ids = uuidv7 } = options
  const rooms = new Map<string, Promise<ProjectRoom>>()

  const openRoom = async (projectId: string, mustExist: boolean): Promise<ProjectRoom> => {
    const file = await engine.open(pathOf(projectId), DEFINITION, { mustExist })
    return {
      file,
      documents: openDocuments({ file, clock, ids, cursorKey: cursorKeyOf(projectId), cipher: cipherOf(projectId) }),
    }
  }
  const remember = (projectId: string, mustExist: boolean): Promise<ProjectRoom> => {
    const room = openRoom(projectId, mustExist)
    rooms.delete(projectId)
    rooms.set(projectId, room)
    room.catch(() => rooms.delete(projectId))
    const [oldest] = rooms.keys()
    if (rooms.size > MAX_ROOMS && oldest !== undefined) rooms.delete(oldest)
    return room
  }
  return {
    open: (projectId) => rooms.get(projectId) ?? remember(projectId, true),
    create: async (projectId) => void (await remember(projectId, false)),
    async remove(projectId) {
      rooms.delete(projectId)
      await engine.remove(pathOf(projectId))
    },
  }
}
