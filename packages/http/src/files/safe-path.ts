export interface SafePathOptions {
  /** Names that begin with a dot: none, all, or these. */
  readonly dotfiles: boolean | readonly string[]
  /** Whether names mean what they mean on Windows. */
  readonly isWindows: boolean
}

/** Devices, whatever their extension. @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i
/** A drive or a stream (`:`), wildcards, and names whose last dots or spaces Windows takes away. */
const FORBIDDEN = /[<>:"|?*]|[. ]$/
const MAX_LENGTH = 4096

/**
 * A decoded path below a folder, checked: it names a file in it by its segments as they are. Undefined for anything that
 * could mean another place, or that is not to be seen.
 * @param path without the slash before it. One at its end is left out of the check.
 */
export function safePath(path: string, { dotfiles, isWindows }: SafePathOptions): string | undefined {
  if (path.length > MAX_LENGTH || path.includes("\0") || path.includes("\\")) return undefined
  const whole = path.endsWith("/") ? path.slice(0, -1) : path
  if (whole === "") return path === "" ? "" : undefined
  for (const segment of whole.split("/")) {
    if (segment === "" || segment === "." || segment === "..") return undefined
    if (segment.startsWith(".") && dotfiles !== true && !(dotfiles !== false && dotfiles.includes(segment)))
      return undefined
    if (isWindows && (DEVICE.test(segment) || FORBIDDEN.test(segment))) return undefined
  }
  return whole
}
