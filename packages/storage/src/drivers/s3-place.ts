import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import type { S3Place } from "./s3-link.ts"

export interface S3Options {
  readonly endpoint: string | undefined
  readonly region: string
  readonly style: "path" | "host" | undefined
  readonly partBytes: number
  readonly partsAtOnce: number
  readonly timeoutMs: number
  readonly attempts: number
  readonly acl: boolean
}

const FORM = "s3://key:secret@host/bucket?region=…, or s3:///bucket?region=… for AWS and its environment variables"

/** @throws {CORE_DRIVER_URL_INVALID} */
export function toPlace(url: DriverUrl, { endpoint, region, style }: S3Options): S3Place {
  const bucket = url.name
  if (url.host === undefined || !/^[a-zA-Z0-9][\w.-]{1,62}$/.test(bucket))
    throw new DriverUrlInvalid(`Expected ${FORM}, got ${url}.`)
  const server = serverOf(url, endpoint, region)
  // A name with dots is under no certificate; and of other servers few know names of buckets as hosts.
  const isHost = (style ?? (server.isAws && !bucket.includes(".") ? "host" : "path")) === "host"
  const { protocol, host } = server.address
  return {
    base: isHost ? `${protocol}//${bucket}.${host}` : `${protocol}//${host}/${bucket}`,
    bucket,
    region,
    ...login(url),
  }
}

function serverOf(url: DriverUrl, endpoint: string | undefined, region: string): { address: URL; isAws: boolean } {
  if (endpoint !== undefined) {
    const address = URL.canParse(endpoint) ? new URL(endpoint) : undefined
    if (
      address === undefined ||
      !/^https?:$/.test(address.protocol) ||
      address.pathname !== "/" ||
      address.username !== ""
    )
      throw new DriverUrlInvalid("Expected `endpoint` of an s3: URL as http://host:port or https://host, and no more.")
    return { address, isAws: false }
  }
  if (url.host === "") return { address: new URL(`https://s3.${region}.amazonaws.com`), isAws: true }
  const name = url.host!.includes(":") ? `[${url.host}]` : url.host!
  const address = new URL(`https://${name}${url.port === undefined ? "" : `:${url.port}`}`)
  return { address, isAws: address.hostname.endsWith(".amazonaws.com") }
}

function login(url: DriverUrl): Pick<S3Place, "accessKeyId" | "secretAccessKey" | "sessionToken"> {
  const { env } = process
  if (url.user !== undefined && url.password !== undefined)
    return { accessKeyId: url.user, secretAccessKey: url.password.reveal(), sessionToken: undefined }
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env
  if (url.user !== undefined || !accessKeyId || !secretAccessKey)
    throw new DriverUrlInvalid(
      `Expected a key and a secret: in the URL, or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. ${FORM}.`,
    )
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined }
}
