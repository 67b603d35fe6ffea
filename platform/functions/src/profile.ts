/**
 * The walls of a function's process, as a command line for bubblewrap. Measured, tried from inside and attacked in tests;
 * every option is here for an escape that worked without it.
 *
 * @see https://github.com/containers/bubblewrap/blob/main/bwrap.xml
 */

import type { Stage } from "./stage.ts"

export type Runtime = "bun" | "quickjs"

/**
 * `namespaces`: bubblewrap inside its own user namespace, started as an ordinary user.
 * `dropping`: for root where the kernel grants no user namespaces; the process leaves root inside the sandbox.
 * `plain`: no walls, an ordinary process. What holds is what the runtime itself holds.
 */
export type Profile = "namespaces" | "dropping" | "plain"

export interface CommandOptions {
  readonly profile: Profile
  readonly runtime: Runtime
  /** The user that the process runs as, when the platform is root. */
  readonly uid: number | undefined
  /** Let the process try its walls and report before it serves. Default false. */
  readonly selfCheck?: boolean
}

/**
 * Second lines behind the watchdog and the timers. Below 3 GiB of data Bun starts without its JIT and says nothing: the
 * engine's reservations count as data, though hardly a page of them is ever touched.
 */
const DATA_BYTES = 4 * 1024 * 1024 * 1024
const CPU_SECONDS = 3600
const resourceLimits: readonly string[] = [
  "--nofile=256",
  "--fsize=16777216",
  "--core=0",
  `--cpu=${CPU_SECONDS}`,
  `--data=${DATA_BYTES}`,
  "--memlock=0",
  "--msgqueue=0",
]

/** The descriptor on which bubblewrap reads the filter: the one after standard input, output, error and the channel. */
const FILTER_FD = 4

/** `prlimit` before the command. Processes count per user: only a user that is nobody else's can have a low limit. */
function limited(stage: Stage, uid: number | undefined): readonly string[] {
  return [stage.tools.prlimit, ...(uid === undefined ? [] : ["--nproc=256"]), ...resourceLimits, "--"]
}

/** What a sandboxed process sees of files, and nothing else: paths inside, sources outside. */
function files(stage: Stage, options: CommandOptions): readonly (readonly [source: string, target: string])[] {
  const own: (readonly [string, string])[] = [
    [stage.bun, "/bun"],
    [stage.runners[options.runtime], "/runner.mjs"],
  ]
  if (options.runtime === "quickjs") own.push([stage.wasm, "/quickjs.wasm"], [stage.prelude, "/prelude.mjs"])
  if (options.profile === "dropping" && stage.setpriv) own.push([stage.setpriv.path, "/setpriv"])
  const libraries =
    options.profile === "dropping" ? [...stage.libraries, ...(stage.setpriv?.libraries ?? [])] : stage.libraries
  return [...own, ...[...new Set(libraries)].map((path): [string, string] => [path, path])]
}

/** The command that starts a function's process. The environment it is started with must hold no more than PATH. */
export function sandboxCommand(stage: Stage, options: CommandOptions): readonly string[] {
  const runner = options.selfCheck ? ["--self-check"] : []
  if (options.profile === "plain") {
    const bounds = stage.tools.prlimit === "" ? [] : limited(stage, options.uid)
    // Without bubblewrap's --die-with-parent a loop would outlive the platform.
    const tied = stage.setpriv ? [stage.setpriv.path, "--pdeathsig", "KILL"] : []
    return [...bounds, ...tied, stage.bun, "--no-install", "--smol", stage.runners[options.runtime], ...runner]
  }
  const bun = ["/bun", "--no-install", "--smol", "/runner.mjs", ...runner]
  const inside = options.profile === "dropping" ? [...leaveRoot(options.uid ?? 65534), ...bun] : bun
  return [...limited(stage, options.uid), stage.tools.bwrap, ...walls(stage, options), "--", ...inside]
}

function walls(stage: Stage, options: CommandOptions): readonly string[] {
  const mounted = files(stage, options)
  return [
    ...(options.profile === "namespaces" ? userNamespace : rootNamespaces),
    ...["--hostname", "fn", "--new-session", "--die-with-parent", "--clearenv", "--setenv", "HOME", "/tmp"],
    // Made by bubblewrap as 0700 otherwise, which the user inside could not enter.
    ...folders(mounted.map(([, target]) => target)).flatMap((folder) => ["--dir", folder, "--chmod", "0755", folder]),
    ...mounted.flatMap(([source, target]) => ["--ro-bind", source, target]),
    ...["--proc", "/proc"],
    // What the kernel says of itself and of its command line is nobody's business here.
    ...["cmdline", "kallsyms", "config.gz"].flatMap((name) => ["--ro-bind-try", "/dev/null", `/proc/${name}`]),
    ...["--tmpfs", "/proc/sys", "--remount-ro", "/proc/sys", "--remount-ro", "/proc"],
    // bubblewrap's --dev is a writable tmpfs without a size; Bun needs two devices.
    ...["--dir", "/dev", "--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"],
    ...["--dir", "/tmp", "--chmod", "0755", "/dev", "--chmod", "0755", "/tmp", "--chdir", "/tmp", "--remount-ro", "/"],
    ...["--seccomp", String(FILTER_FD)],
  ]
}

const userNamespace: readonly string[] = [
  ...["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"],
]

const rootNamespaces: readonly string[] = [
  ...["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"],
  ...["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"],
]

function leaveRoot(uid: number): readonly string[] {
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"]
  return ["/setpriv", ...user, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
}

/** Every folder above the files, outermost first. */
function folders(paths: readonly string[]): readonly string[] {
  const found = new Set<string>()
  for (const path of paths) {
    const parts = path.split("/").slice(1, -1)
    parts.forEach((_, index) => {
      found.add(`/${parts.slice(0, index + 1).join("/")}`)
    })
  }
  return [...found]
}
