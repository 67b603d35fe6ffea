import type { DriverUrl } from "@ashlar/core"
import { AwsV4Signer } from "aws4fetch"
import { encodeContext } from "../context.ts"
import { RootKeyInvalid, RootKeyMissing, RootKeyRefused, RootKeyUnavailable, UnwrapFailed } from "../errors.ts"
import { askService, isEndpoint } from "./ask-service.ts"
import type { RootKey } from "./root-key.ts"

export interface AwsKmsOptions {
  readonly region: string
  readonly endpoint: string | undefined
  readonly timeoutMs: number
  readonly attempts: number
}

/**
 * `awskms:///alias/app?region=eu-central-1`: a symmetric key of AWS KMS by its id, alias or ARN. The context is AWS's encryption
 * context, so it is in CloudTrail in clear. The login is in the URL, or in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
 * `AWS_SESSION_TOKEN`, which are read for each request.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 */
export async function open(url: DriverUrl, options: AwsKmsOptions): Promise<RootKey> {
  const { region, endpoint, timeoutMs, attempts } = options
  const keyId = url.name
  if (url.host !== "" || !/^[A-Za-z0-9:/_-]{1,256}$/.test(keyId) || !/^[a-z0-9-]{1,40}$/.test(region))
    throw new RootKeyInvalid(`Expected awskms://keyId:secret@/key-or-alias?region=… or awskms:///…, got ${url}.`)
  if (endpoint !== undefined && !isEndpoint(endpoint))
    throw new RootKeyInvalid("Expected `endpoint` to be an http: or https: address without login and query.")
  const address = `${endpoint?.replace(/\/+$/, "") ?? `https://kms.${region}.amazonaws.com`}/`
  const login = (): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } => {
    if (url.user !== undefined && url.password !== undefined)
      return { accessKeyId: url.user, secretAccessKey: url.password.reveal() }
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
      throw new RootKeyRefused("Expected a login for AWS in the URL, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    }
  }
  login()
  const ask = async (action: "Encrypt" | "Decrypt", input: Record<string, unknown>): Promise<Uint8Array> => {
    const body = JSON.stringify({ KeyId: keyId, ...input })
    const { status, json } = await askService({
      url: address,
      headers: async () => {
        const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${action}` }
        const signer = new AwsV4Signer({
          ...{ method: "POST", url: address, headers, body, service: "kms", region, allHeaders: true },
          ...login(),
        })
        return Object.fromEntries((await signer.sign()).headers)
      },
      ...{ body, timeoutMs, attempts, name: "AWS KMS" },
    })
    if (status !== 200) throw toError(status, json.__type)
    const answer = json[action === "Encrypt" ? "CiphertextBlob" : "Plaintext"]
    if (typeof answer !== "string" || answer === "")
      throw new RootKeyUnavailable("AWS KMS answered without its result.")
    return new Uint8Array(Buffer.from(answer, "base64"))
  }
  return {
    id: `awskms:${keyId}`,
    async wrap(key, context) {
      encodeContext(context)
      return await ask("Encrypt", { Plaintext: toBase64(key), EncryptionContext: context })
    },
    async unwrap(wrapped, context) {
      encodeContext(context)
      if (wrapped.length === 0 || wrapped.length > 6_144) throw new UnwrapFailed()
      return await ask("Decrypt", { CiphertextBlob: toBase64(wrapped), EncryptionContext: context })
    },
    async close() {
      // Nothing is held between two requests.
    },
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
}

/** By the last word of `com.amazonaws.kms#InvalidCiphertextException`; what AWS says in words is not repeated. */
function toError(status: number, type: unknown): Error {
  const name = /(\w{1,64})$/.exec(String(type ?? ""))?.[1] ?? ""
  if (name === "InvalidCiphertextException" || name === "IncorrectKeyException") return new UnwrapFailed()
  if (name === "NotFoundException") return new RootKeyMissing("AWS KMS has no such key in this region.")
  return new RootKeyRefused(`AWS KMS answered ${status}${name === "" ? "" : ` ${name}`}.`)
}
