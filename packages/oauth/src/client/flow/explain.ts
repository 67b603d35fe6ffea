import { AshlarError } from "@ashlar/core"
import * as oauth from "oauth4webapi"
import { OAuthAnswerInvalid, OAuthProviderFailed } from "../../errors.ts"

/** What is no answer at all, where others are answers that are not to be trusted. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  oauth.RESPONSE_IS_NOT_JSON,
  oauth.RESPONSE_IS_NOT_CONFORM,
  oauth.PARSE_ERROR,
  oauth.HTTP_REQUEST_FORBIDDEN,
  oauth.REQUEST_PROTOCOL_FORBIDDEN,
  oauth.MISSING_SERVER_METADATA,
  oauth.INVALID_SERVER_METADATA,
])

/**
 * What went wrong, as an error of ours. Causes of the library hold whole answers, with tokens: they are not kept.
 */
export function explain(error: unknown): AshlarError {
  if (error instanceof AshlarError) return error
  if (error instanceof oauth.ResponseBodyError) {
    const details = { error: wordOf(error.error) }
    if (isEnded(error))
      return new OAuthAnswerInvalid("The provider did not take the code: it is used, too old, or of another sign-in.", {
        details,
      })
    return new OAuthProviderFailed("The provider refused to answer this app.", { details })
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return new OAuthProviderFailed(`The provider refused to answer this app: ${error.status}.`)
  const code = (error as { readonly code?: unknown } | undefined)?.code
  const isKnown = error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError
  if (isKnown && !(typeof code === "string" && NO_ANSWER.has(code)))
    return new OAuthAnswerInvalid(`The provider's answer is not to be trusted: ${error.message}.`)
  if (isKnown) return new OAuthProviderFailed(`The provider's answer is none: ${error.message}.`)
  return new OAuthProviderFailed("The provider's answer could not be read.")
}

/** What was shown gives no tokens any more; GitHub has words of its own for it. */
export function isEnded({ error }: oauth.ResponseBodyError): boolean {
  return error === "invalid_grant" || error === "bad_verification_code" || error === "bad_refresh_token"
}

/** A provider's own word for what is wrong, where it is a word. */
export function wordOf(text: unknown): string {
  return typeof text === "string" && /^[\w.-]{1,64}$/.test(text) ? text : "error"
}

/** Runs what asks a provider. @throws {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explain(error)
  }
}
