import { readFile } from "node:fs/promises"
import type { DriverUrl } from "@ashlar/core"

export interface TlsChoice {
  readonly tls?: "off" | "require" | "verify" | undefined
  readonly tlsCaFile?: string | undefined
}

export interface TlsSettings {
  readonly rejectUnauthorized: boolean
  readonly minVersion: "TLSv1.2"
  readonly ca?: string
}

/** How the connection is encrypted; `undefined` for not at all. */
export async function tlsSettings(url: DriverUrl, { tls, tlsCaFile }: TlsChoice): Promise<TlsSettings | undefined> {
  const mode = tls ?? (isThisMachine(url.host ?? "") ? "off" : "verify")
  if (mode === "off") return undefined
  const settings = { rejectUnauthorized: mode === "verify", minVersion: "TLSv1.2" } as const
  return tlsCaFile === undefined ? settings : { ...settings, ca: await readFile(tlsCaFile, "utf8") }
}

function isThisMachine(host: string): boolean {
  return host === "" || host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)
}
