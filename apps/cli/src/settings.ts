import { randomUUID } from "node:crypto"
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import type { Session, TokenStore } from "@ashlar/sdk"
import { SettingsDamaged } from "./errors.ts"
import type { Io } from "./io.ts"

/** One server that the person works with. */
export interface Profile {
  readonly url: string
  /** The project that commands mean when none is named. */
  readonly project?: string
  readonly session?: Session
}

/** What the settings file holds. */
export interface Settings {
  /** The profile that is meant when none is named. */
  readonly current?: string
  readonly profiles: Readonly<Record<string, Profile>>
}

/** The person's settings: one JSON file that nobody else may read, because it holds session tokens. */
export interface SettingsFile {
  readonly path: string
  read(): Settings
  /** Reads, changes and writes the file as one step, so that a crash leaves the old file or the new one. */
  update(change: (settings: Settings) => Settings): void
}

/** Finds the file by `$XDG_CONFIG_HOME`, or `~/.config`. It need not exist. */
export function openSettings(env: Io["env"]): SettingsFile {
  const path = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "ashlar", "config.json")

  function read(): Settings {
    let text: string
    try {
      text = readFileSync(path, "utf8")
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { profiles: {} }
      throw new SettingsDamaged(`Cannot read ${path}: ${(cause as Error).message}.`, { cause })
    }
    try {
      const value: unknown = JSON.parse(text)
      if (isSettings(value)) return value
    } catch {}
    throw new SettingsDamaged(`Expected settings in ${path}, got something else. Delete it, then log in again.`)
  }

  return {
    path,
    read,
    update(change) {
      const text = `${JSON.stringify(change(read()), null, 2)}\n`
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const fresh = `${path}.${randomUUID()}`
      writeFileSync(fresh, text, { mode: 0o600 })
      // The mode of a new file is narrowed by the umask only; this makes it exact.
      chmodSync(fresh, 0o600)
      renameSync(fresh, path)
    },
  }
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && "profiles" in value && typeof value.profiles === "object"
}

/** Keeps the session of one profile in the settings file; for a server that is not the profile's it keeps nothing. */
export function profileTokenStore(file: SettingsFile, name: string, url: string): TokenStore {
  return {
    load() {
      const profile = file.read().profiles[name]
      return profile?.url === url ? (profile.session ?? null) : null
    },
    save(session) {
      file.update((settings) => {
        const old = settings.profiles[name]
        const { session: _, project, ...rest } = old?.url === url ? old : { url, project: undefined }
        const kept = project === undefined ? rest : { ...rest, project }
        const profile = session === null ? kept : { ...kept, session }
        return { ...settings, profiles: { ...settings.profiles, [name]: profile } }
      })
    },
  }
}
