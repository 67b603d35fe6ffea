/** Where servers run. */
export const RUNTIMES = ["bun", "node", "deno"] as const
export type Runtime = (typeof RUNTIMES)[number]

/**
 * Milliseconds of load until a new process answers at its usual cost: V8 compiles a server's code for the last time after
 * one to two seconds, JavaScriptCore earlier.
 */
export const WARM_MS: Readonly<Record<Runtime, number>> = { bun: 600, node: 1600, deno: 1200 }

/** The command that runs a bundled server, as the runtime's documentation says for production. */
export function commandOf(
  runtime: Runtime,
  { binary, bundle, flags = [] }: { binary: string; bundle: string; flags?: readonly string[] },
): readonly string[] {
  if (runtime === "deno") return [binary, "run", "--quiet", "--allow-all", "--no-lock", ...flags, bundle]
  return [binary, ...flags, bundle]
}
