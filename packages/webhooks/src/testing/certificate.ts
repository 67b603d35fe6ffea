import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** A certificate that proves one name, signed by itself, as PEM. Made by `openssl`. */
export function createCertificate(
  folder: string,
  name: string,
): { readonly key: string; readonly certificate: string } {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")]
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-keyout", key, "-out", certificate],
  ])
  if (made.status !== 0) throw new RangeError(`openssl failed: ${made.stderr.toString()}`)
  return { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") }
}
