/** What the tests need from the machine, and how to get it where that is possible. */
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import { runStep } from "./step.ts"

const root = join(import.meta.dir, "..", "..")

interface Requirement {
  readonly name: string
  /** What cannot be tested without it. */
  readonly for: string
  readonly present: () => boolean
  /** The Debian packages that bring it. */
  readonly debian: readonly string[]
}

const command = (name: string) => (): boolean => Bun.which(name) !== null

const REQUIREMENTS: readonly Requirement[] = [
  { name: "bubblewrap", for: "the function sandbox", present: command("bwrap"), debian: ["bubblewrap"] },
  {
    name: "chromium",
    for: "the console's pages",
    present: () => existsSync("/usr/bin/chromium"),
    debian: ["chromium"],
  },
  { name: "strace", for: "the order of fsync and acknowledgement", present: command("strace"), debian: ["strace"] },
  { name: "a C compiler", for: "the power-loss and fault shims", present: command("cc"), debian: ["gcc", "libc6-dev"] },
  { name: "prlimit and setpriv", for: "the function sandbox", present: command("prlimit"), debian: ["util-linux"] },
]

/** The Deno and the Node that suites and benchmarks run on; from npm, so that nothing is downloaded elsewhere. */
const DENO_VERSION = "2.9.6"
const NODE_VERSION = "26.10.0"

/**
 * Brings what is missing when it may (Debian, as root), and names what stays missing and what that leaves untested.
 * @returns the names of the parts that are missing.
 */
export async function ensureRequirements(): Promise<readonly string[]> {
  const missing = REQUIREMENTS.filter((one) => !one.present())
  const packages = missing.flatMap((one) => one.debian)
  if (packages.length > 0 && process.getuid?.() === 0 && Bun.which("apt-get") !== null) {
    await runStep("Updating the list of Debian packages", ["apt-get", "update", "-q"])
    const install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages]
    await runStep(`Installing ${packages.join(", ")}`, ["env", "DEBIAN_FRONTEND=noninteractive", ...install])
  }
  const still = REQUIREMENTS.filter((one) => !one.present())
  for (const one of still)
    console.error(`! ${one.name} is missing: ${one.for} cannot be tested here (Debian: ${one.debian.join(" ")}).`)
  return still.map((one) => one.name)
}

/**
 * The path of Deno, installed beside the pinned Bun at its first use: the binary itself, for the package's own `deno`
 * is a script that starts it as a child, which outlives the script when that is killed.
 */
export function ensureDeno(): Promise<string> {
  return ensureRuntime("deno", { package: "deno", version: DENO_VERSION, binary: "@deno/*/deno{,.exe}" })
}

/**
 * The path of Node, installed like Deno. The package `node` only runs a script that installs the one for this platform,
 * so that one is taken by its name.
 */
export function ensureNode(): Promise<string> {
  const system = process.platform === "win32" ? "win" : process.platform
  const name = `${system === "darwin" && process.arch === "arm64" ? "node-bin" : "node"}-${system}-${process.arch}`
  return ensureRuntime("node", { package: name, version: NODE_VERSION, binary: `${name}/bin/node{,.exe}` })
}

/** The official tests of JSON Schema; nothing but this Debian package brings those of draft 2020-12. */
const SCHEMA_SUITE = "libtest-json-schema-acceptance-perl"

/**
 * The folder of the JSON Schema test suite, unpacked beside the runtimes at its first use and not installed: the package is
 * a Perl module with forty others behind it, of which only the data is wanted. Empty where there is no Debian.
 */
export async function ensureSchemaSuite(): Promise<string> {
  const folder = join(root, ".cache", "json-schema-suite")
  if (existsSync(join(folder, "usr"))) return folder
  if (Bun.which("apt-get") === null) return ""
  if (process.getuid?.() === 0) await runStep("Updating the list of Debian packages", ["apt-get", "update", "-q"])
  if (Bun.spawnSync(["apt-cache", "show", SCHEMA_SUITE]).exitCode !== 0) return ""
  mkdirSync(folder, { recursive: true })
  await runStep("Bringing the JSON Schema test suite", ["apt-get", "download", "-q", SCHEMA_SUITE], { cwd: folder })
  const [file] = new Glob("*.deb").scanSync({ cwd: folder })
  if (file === undefined) return ""
  await runStep("Unpacking the JSON Schema test suite", ["dpkg-deb", "-x", file, "."], { cwd: folder })
  return folder
}

interface Runtime {
  readonly package: string
  readonly version: string
  /** A pattern of the binary's path in `node_modules`. */
  readonly binary: string
}

async function ensureRuntime(name: string, { package: source, version, binary }: Runtime): Promise<string> {
  const folder = join(root, ".cache", `${name}-${version}`)
  const find = (): string | undefined => {
    if (!existsSync(join(folder, "node_modules"))) return undefined
    const [found] = new Glob(`node_modules/${binary}`).scanSync({ cwd: folder })
    return found === undefined ? undefined : join(folder, found)
  }
  const present = find()
  if (present !== undefined) return present
  await Bun.write(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: { [source]: version } }))
  const install = [process.execPath, "install", "--linker", "hoisted"]
  await runStep(`Bringing ${name === "deno" ? "Deno" : "Node"} ${version} from npm`, install, { cwd: folder })
  return find() ?? ""
}

const SOFT_HSM = { debian: "libsofthsm2", pkcs11js: "2.1.7", headers: "1.9.0" } as const

/**
 * A software HSM from Debian, unpacked and not installed, and the npm package that speaks to it, compiled with this machine's compiler:
 * the package's own script would bring headers from elsewhere.
 *
 * @returns the variables that `packages/crypto` looks for; none where there is no Debian, no compiler or no network.
 */
export async function ensureSoftHsm(): Promise<Readonly<Record<string, string>>> {
  const folder = join(root, ".cache", "softhsm")
  const module = join(folder, "usr", "lib", "softhsm", "libsofthsm2.so")
  const binding = join(folder, "node_modules", "pkcs11js")
  const built = join(binding, "build", "Release", "pkcs11.node")
  const settings = join(folder, "softhsm2.conf")
  const tokens = join(folder, "tokens")
  if (!existsSync(module) || !existsSync(built)) {
    if (Bun.which("apt-get") === null || Bun.which("c++") === null) return {}
    console.log("… Bringing SoftHSM, and compiling pkcs11js for it")
    mkdirSync(join(binding, "build", "Release"), { recursive: true })
    const dependencies = { pkcs11js: SOFT_HSM.pkcs11js, "node-api-headers": SOFT_HSM.headers }
    await Bun.write(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }))
    const run = (cwd: string, command: readonly string[]): boolean =>
      Bun.spawnSync([...command], { cwd, stdout: "ignore", stderr: "ignore" }).exitCode === 0
    if (process.getuid?.() === 0) run(folder, ["apt-get", "update", "-q"])
    if (!run(folder, ["apt-get", "download", "-q", SOFT_HSM.debian])) return {}
    const [file] = new Glob("*.deb").scanSync({ cwd: folder })
    if (file === undefined || !run(folder, ["dpkg-deb", "-x", file, "."])) return {}
    if (!run(folder, [process.execPath, "install", "--linker", "hoisted", "--ignore-scripts"])) return {}
    mkdirSync(join(binding, "build", "Release"), { recursive: true })
    const flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-DNAPI_DISABLE_CPP_EXCEPTIONS", "-Iincludes"]
    const sources = ["dl", "common", "main"].map((name) => join("src", `${name}.cpp`))
    if (!run(binding, ["c++", ...flags, "-I../node-api-headers/include", ...sources, "-o", built])) return {}
  }
  mkdirSync(tokens, { recursive: true })
  await Bun.write(settings, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  return { SOFTHSM2_CONF: settings, SOFTHSM_MODULE: module, PKCS11JS: binding }
}
