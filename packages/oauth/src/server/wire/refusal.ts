import { OAuthRefused } from "../../errors.ts"

/** The words of the protocol for what is wrong. @see https://www.iana.org/assignments/oauth-parameters */
export type OAuthErrorCode =
  | "access_denied"
  | "account_selection_required"
  | "authorization_pending"
  | "consent_required"
  | "expired_token"
  | "insufficient_scope"
  | "interaction_required"
  | "invalid_client"
  | "invalid_client_metadata"
  | "invalid_dpop_proof"
  | "invalid_grant"
  | "invalid_redirect_uri"
  | "invalid_request"
  | "invalid_request_uri"
  | "invalid_scope"
  | "invalid_target"
  | "invalid_token"
  | "login_required"
  | "registration_not_supported"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "server_error"
  | "slow_down"
  | "temporarily_unavailable"
  | "unauthorized_client"
  | "unmet_authentication_requirements"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "unsupported_token_type"
  | "use_dpop_nonce"

/** A request that is refused, in the protocol's words. What it says holds no text of the caller's. */
export class Refusal extends OAuthRefused {
  readonly error: OAuthErrorCode
  readonly httpStatus: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    error: OAuthErrorCode,
    description: string,
    { status = 400, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(description)
    this.error = error
    this.httpStatus = status
    this.headers = headers
  }
}
