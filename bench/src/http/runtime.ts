/** Where servers run. */
export const RUNTIMES = ["bun", "node", "deno"] as const
export type Runtime = (typeof RUNTIMES)[number]

/**
 * Milliseconds of processor time under load until a new process answers at its usual cost: V8 compiles a server's code for
 * the last time after one to two seconds, JavaScriptCore earlier.
 */
export const WARM_CPU_MS: Readonly<Record<Runtime, number>> = { bun: 700, node: 3000, deno: 1500 }

/** The command that runs a bundled server, as the runtime's documentation says for production. */
export function commandOf(
  runtime: Runtime,
  { binary, bundle, flags = [] }: { binary: string; bundle: string; flags?: readonly string[] },
): readonly string[] {
  if (runtime === "deno") return [binary, "run", "--quiet", "--allow-all", "--no-lock", ...flags, bundle]
  return [binary, ...flags, bundle]
}
