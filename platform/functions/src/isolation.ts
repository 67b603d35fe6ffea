import { Crashed, Unsandboxed } from "./errors.ts"
import type { SelfCheck } from "./messages.ts"
import type { Profile, Runtime } from "./profile.ts"
import { Sandbox } from "./sandbox.ts"
import type { Stage } from "./stage.ts"

/** What the machine can do for functions of one runtime. */
export interface RuntimeCapability {
  readonly available: boolean
  /**
   * `sandboxed`: behind the walls that were tried on this machine. `wasm`: only what WebAssembly holds, in a process of its
   * own. `trusted`: nothing, because the operator said that functions may do what the platform may.
   */
  readonly isolation: "sandboxed" | "wasm" | "trusted" | "unavailable"
  /** One sentence: what holds, or what is missing and how to get it. */
  readonly detail: string
}

export interface FunctionCapabilities {
  readonly bun: RuntimeCapability
  readonly quickjs: RuntimeCapability
}

export interface IsolationOptions {
  readonly stage: () => Promise<Stage>
  readonly trustFunctions: boolean
  /** The profiles to try, the best first. */
  readonly profiles: readonly Profile[]
}

interface Finding {
  readonly profile: Profile
  readonly detail: string
}

const held: Readonly<Record<Profile, string>> = {
  namespaces: "bubblewrap in a user namespace, an unprivileged user, seccomp, no network, no writable path",
  dropping:
    "bubblewrap as root without a user namespace, an unprivileged user inside, seccomp, no network, no writable path",
  plain: "no walls",
}

/** Finds out, once, what walls this machine can give, by putting a process behind them and letting it try them. */
export class Isolation {
  readonly #options: IsolationOptions
  #finding: Promise<Finding> | undefined

  constructor(options: IsolationOptions) {
    this.#options = options
  }

  /** @throws {FUNCTIONS_UNSANDBOXED} when the runtime needs walls that are not there, and nobody waived them. */
  async profileFor(runtime: Runtime): Promise<Profile> {
    const { profile, detail } = await this.#find()
    if (profile === "plain" && runtime === "bun" && !this.#options.trustFunctions)
      throw new Unsandboxed(`Functions of the runtime bun need a sandbox, and this machine gives none: ${detail}`)
    return profile
  }

  async capabilities(): Promise<FunctionCapabilities> {
    const { profile, detail } = await this.#find()
    if (profile !== "plain") {
      const capability: RuntimeCapability = { available: true, isolation: "sandboxed", detail }
      return { bun: capability, quickjs: capability }
    }
    const { trustFunctions } = this.#options
    return {
      bun: {
        available: trustFunctions,
        isolation: trustFunctions ? "trusted" : "unavailable",
        detail: trustFunctions
          ? `Functions run without a sandbox, because the operator trusts them: ${detail}`
          : `Functions need a sandbox, and this machine gives none: ${detail} Or start with --trust-functions, if you wrote them all.`,
      },
      quickjs: {
        available: true,
        isolation: "wasm",
        detail: `Functions are held by WebAssembly alone, in processes of their own: ${detail}`,
      },
    }
  }

  #find(): Promise<Finding> {
    this.#finding ??= this.#try()
    return this.#finding
  }

  async #try(): Promise<Finding> {
    const stage = await this.#options.stage()
    const missing = missingParts(stage)
    if (missing !== undefined) return { profile: "plain", detail: missing }
    const failures: string[] = []
    for (const profile of this.#options.profiles) {
      if (profile === "plain" || (profile === "dropping" && (process.getuid?.() !== 0 || !stage.setpriv))) continue
      const failure = await tryProfile(stage, profile)
      if (failure === undefined) return { profile, detail: `${held[profile]}.` }
      failures.push(`${profile}: ${failure}`)
    }
    return { profile: "plain", detail: `${failures.join("; ")}.` }
  }
}

function missingParts(stage: Stage): string | undefined {
  if (process.platform !== "linux") return `the sandbox needs Linux, this is ${process.platform}.`
  if (stage.tools.bwrap === "") return "bubblewrap is not installed (Debian and Ubuntu: apt-get install bubblewrap)."
  if (stage.tools.prlimit === "") return "prlimit is not installed (it is part of util-linux)."
  if (stage.libraries.length === 0) return "the shared libraries of Bun could not be listed; is ldd installed?"
  if (process.arch !== "x64" && process.arch !== "arm64") return `there is no seccomp filter for ${process.arch}.`
  return undefined
}

/** Runs the real profile with a process that tries the walls. Returns what does not hold. */
async function tryProfile(stage: Stage, profile: Profile): Promise<string | undefined> {
  const uid = process.getuid?.() === 0 ? 199_999 : undefined
  let sandbox: Sandbox | undefined
  try {
    sandbox = Sandbox.start({ stage, profile, runtime: "bun", uid, selfCheck: true })
    const { check } = await sandbox.ready
    return check === undefined ? "the process did not check its walls" : brokenWalls(check)
  } catch (error) {
    const { message, cause } = error as Error
    return `${message}${typeof cause === "string" && cause !== "" ? ` ${cause}` : ""}`
  } finally {
    sandbox?.kill(new Crashed("The walls were tried."))
    await sandbox?.closed
  }
}

function brokenWalls(check: SelfCheck): string | undefined {
  const broken = Object.entries(check).filter(([, wall]) => !wall.holds)
  if (broken.length === 0) return undefined
  return `these walls do not hold: ${broken.map(([name, wall]) => `${name} (found ${wall.found || "nothing"})`).join(", ")}`
}
