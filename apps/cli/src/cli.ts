import { existsSync } from "node:fs"
import { join } from "node:path"
import { type Admin, createAdmin } from "@ashlar/admin"
import type { Collection, Fetch, JsonObject, TokenStore } from "@ashlar/sdk"
import pico from "picocolors"
import { ConfirmationNeeded, InputNeeded, ProjectNeeded } from "./errors.ts"
import type { Io } from "./io.ts"
import { MANIFEST, type Manifest, readManifest } from "./manifest.ts"
import { type Progress, startProgress } from "./progress.ts"
import { openSettings, type Profile, profileTokenStore, type SettingsFile } from "./settings.ts"

/** The options that every command knows. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly profile?: string
  readonly url?: string
  readonly project?: string
}

/** What a command has found or done: `value` for `--json`, `text` for people. */
export interface Outcome {
  readonly value: unknown
  readonly text: string
  /** 1 when what was asked is done, and its answer is bad news. Default 0. */
  readonly exitCode?: 0 | 1
}

/** Where `ashlar up` listens unless told otherwise. */
const DEFAULT_URL = "http://localhost:4000"

/** One run of the command: its options, and how it reaches the server and the person. */
export class Cli {
  readonly io: Io
  readonly json: boolean
  readonly colors: ReturnType<typeof pico.createColors>
  readonly settings: SettingsFile
  /** The name of the profile in use. */
  readonly profileName: string
  /** The server: `--url`, `ASHLAR_URL`, the profile's, or the local one. */
  readonly url: string
  readonly #options: GlobalOptions

  constructor(io: Io, options: GlobalOptions) {
    this.io = io
    this.json = options.json === true
    this.colors = pico.createColors(io.colors)
    this.settings = openSettings(io.env)
    this.#options = options
    const settings = this.settings.read()
    this.profileName = options.profile ?? (io.env.ASHLAR_PROFILE || settings.current || "default")
    const profile = settings.profiles[this.profileName]
    this.url = withoutEndSlash(options.url ?? (io.env.ASHLAR_URL || profile?.url || DEFAULT_URL))
  }

  get profile(): Profile | undefined {
    return this.settings.read().profiles[this.profileName]
  }

  /** A credential from the environment, which goes before the profile's session. */
  get credential(): string | undefined {
    return this.io.env.ASHLAR_TOKEN || this.io.env.ASHLAR_KEY || undefined
  }

  /** The session of this profile with `url`; a session is never sent to another server than the one that gave it. */
  tokenStore(url: string = this.url): TokenStore {
    return profileTokenStore(this.settings, this.profileName, url)
  }

  /**
   * The client for the server in use.
   *
   * @param options `patient`: a request under way is finished on Ctrl-C, for work that knows how to stop in between.
   */
  admin(options: { readonly patient?: boolean } = {}): Admin {
    const fetch = options.patient ? this.io.fetch : this.#abortableFetch()
    return createAdmin({ url: this.url, fetch, credential: this.credential, store: this.tokenStore() })
  }

  /** A client for another server, or for a fresh session with this one: the environment's credentials stay out. */
  freshAdmin(url: string): Admin {
    return createAdmin({ url, fetch: this.#abortableFetch(), store: this.tokenStore(url) })
  }

  /**
   * The project in use: `--project`, `ASHLAR_PROJECT`, the folder's ashlar.toml, the key's own, or the profile's.
   *
   * @throws {CLI_PROJECT_NEEDED} When none of them names one.
   */
  project(): string {
    const named = this.#options.project ?? (this.io.env.ASHLAR_PROJECT || undefined)
    if (named !== undefined) return named
    if (existsSync(join(this.io.cwd, MANIFEST))) return readManifest(this.io.cwd).project.slug
    if (!this.io.env.ASHLAR_TOKEN && this.io.env.ASHLAR_KEY) return "self"
    const { profile } = this
    if (profile?.project !== undefined && profile.url === this.url) return profile.project
    throw new ProjectNeeded()
  }

  /** The project that a manifest is deployed to: `--project` and `ASHLAR_PROJECT` go before its own slug. */
  deployProject(manifest: Manifest): string {
    return this.#options.project ?? (this.io.env.ASHLAR_PROJECT || manifest.project.slug)
  }

  documents(collection: string): Collection<JsonObject> {
    return this.admin().documents(this.project(), collection)
  }

  /** Ctrl-C breaks off whatever request is under way. */
  #abortableFetch(): Fetch {
    const { fetch = globalThis.fetch, signal } = this.io
    return (input, init) => {
      const signals = init?.signal ? [init.signal, signal] : [signal]
      return fetch(input, { ...init, signal: AbortSignal.any(signals) })
    }
  }

  /** A remark for the person, beside the result. */
  note(text: string): void {
    this.io.stderr(`${text}\n`)
  }

  /** One value of a stream, at once: a JSON line, or a line of text. */
  line(value: unknown, text: string): void {
    this.io.stdout(`${this.json ? JSON.stringify(value) : text}\n`)
  }

  progress(label: string, total: number): Progress {
    return startProgress(this.io, label, total)
  }

  /** Asks for a value that no option gave. @throws {CLI_INPUT_NEEDED} Where nobody can be asked. */
  async ask(message: string, instead: string): Promise<string> {
    if (!this.io.prompts) throw new InputNeeded(`${message} is missing. Pass it with ${instead}.`)
    return this.io.prompts.text(message)
  }

  /** A password: hidden when typed, or the whole of standard input. */
  async askPassword(message: string, fromStdin: boolean | undefined): Promise<string> {
    if (fromStdin) {
      const password = (await this.io.stdin()).replace(/\r?\n$/, "")
      if (password === "") throw new InputNeeded("Expected a password on standard input, got nothing.")
      return password
    }
    if (!this.io.prompts) throw new InputNeeded(`${message} is missing. Pipe it in, with --password-stdin.`)
    return this.io.prompts.password(message)
  }

  /**
   * A value that must not be seen: typed, or piped in. Never an argument, for arguments are in the list of processes and in the
   * shell's history.
   *
   * @throws {CLI_INPUT_NEEDED}
   */
  async askSecret(message: string): Promise<string> {
    const typed = this.io.prompts === undefined ? await this.io.stdin() : await this.io.prompts.password(message)
    const value = typed.replace(/\r?\n$/, "")
    if (value === "") throw new InputNeeded(`${message} is missing. Pipe it in: printf %s "$VALUE" | ashlar …`)
    return value
  }

  /** @throws {CLI_CONFIRMATION_NEEDED} Unless the person agrees. */
  async confirm(question: string, agreed: boolean | undefined): Promise<void> {
    if (agreed) return
    if (!this.io.prompts) throw new ConfirmationNeeded(`${question} Nobody can be asked here: pass --yes to confirm.`)
    if (!(await this.io.prompts.confirm(question))) throw new ConfirmationNeeded("Not confirmed. Nothing was changed.")
  }
}

/** One spelling per server, so that a session is found again. */
export function withoutEndSlash(url: string): string {
  return url.replace(/\/+$/, "")
}
