import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { AwsV4Signer } from "aws4fetch"
import { formatAddress, type ParsedAddress } from "../address.ts"
import type { MailTransport } from "../transport.ts"
import { askProvider } from "./ask-provider.ts"
import { compose } from "./mime.ts"
import { endpointOf, type ProviderOptions } from "./provider-url.ts"

export interface SesOptions extends ProviderOptions {
  readonly region: string
}

/**
 * Amazon SES, version 2 of its API: `ses://keyId:secret@/?region=…`. Messages are sent as they are composed here, so that all of
 * them have the same form. @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export async function open(url: DriverUrl, { endpoint, timeoutMs, region }: SesOptions): Promise<MailTransport> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN: sessionToken } = process.env
  const isGiven = url.user !== undefined && url.password !== undefined
  const accessKeyId = isGiven ? url.user : AWS_ACCESS_KEY_ID
  const secretAccessKey = isGiven ? url.password?.reveal() : AWS_SECRET_ACCESS_KEY
  if (url.host !== "" || !accessKeyId || !secretAccessKey || !/^[a-z0-9-]{1,40}$/.test(region))
    throw new DriverUrlInvalid(
      `Expected ses://keyId:secret@/?region=…, or ses:///?region=… with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, got ${url}.`,
    )
  const { default: MailComposer } = await import("nodemailer/lib/mail-composer")
  const address = `${endpointOf(endpoint, `https://email.${region}.amazonaws.com`)}/v2/email/outbound-emails`
  return {
    async send(message, { signal }) {
      const raw = await new MailComposer(compose(message)).compile().build()
      const list = (addresses: readonly ParsedAddress[]): string[] => addresses.map(formatAddress)
      const body = JSON.stringify({
        FromEmailAddress: formatAddress(message.from),
        Destination: { ToAddresses: list(message.to), CcAddresses: list(message.cc), BccAddresses: list(message.bcc) },
        Content: { Raw: { Data: raw.toString("base64") } },
        ...(message.tags.length > 0 && { EmailTags: message.tags.map((tag) => ({ Name: tag, Value: "1" })) }),
      })
      const signer = new AwsV4Signer({
        method: "POST",
        url: address,
        headers: { "content-type": "application/json" },
        body,
        accessKeyId,
        secretAccessKey,
        ...(!isGiven && sessionToken && { sessionToken }),
        service: "ses",
        region,
      })
      const { headers } = await signer.sign()
      const { json } = await askProvider({
        url: address,
        headers: Object.fromEntries(headers),
        body,
        timeoutMs,
        signal,
      })
      return { id: String(json.MessageId ?? message.messageId), rejected: [] }
    },
    async close() {
      // Nothing is held between two messages.
    },
  }
}
