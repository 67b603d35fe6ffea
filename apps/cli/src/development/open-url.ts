import type { Io } from "../io.ts"

/** Shows an address in the person's browser: `BROWSER`, or what the system opens addresses with. */
export function openUrl(url: string, env: Io["env"]): void {
  const [command, ...args] = commandOf(env)
  const path = command && Bun.which(command, { PATH: env.PATH ?? "" })
  if (!path) return
  Bun.spawn([path, ...args, url], { stdio: ["ignore", "ignore", "ignore"] }).unref()
}

function commandOf(env: Io["env"]): readonly string[] {
  if (env.BROWSER) return [env.BROWSER]
  if (process.platform === "darwin") return ["open"]
  return process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"]
}
