import { STANDARD_CLAIMS } from "./authorize/requested-claims.ts"
import { AUTH_METHODS } from "./clients/client-auth.ts"
import { ASSERTION_ALGORITHMS } from "./clients/client-keys.ts"
import { PROOF_ALGORITHMS } from "./dpop/dpop-proofs.ts"
import type { Settings } from "./settings.ts"

/**
 * What the server says of itself.
 * @see https://www.rfc-editor.org/rfc/rfc8414
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function describeServer(settings: Settings): Readonly<Record<string, unknown>> {
  const { endpoints, keys } = settings
  const confidential = AUTH_METHODS.filter((method) => method !== "none")
  return {
    issuer: settings.issuer,
    authorization_endpoint: endpoints.authorize,
    token_endpoint: endpoints.token,
    userinfo_endpoint: endpoints.userinfo,
    jwks_uri: endpoints.jwks,
    introspection_endpoint: endpoints.introspect,
    revocation_endpoint: endpoints.revoke,
    pushed_authorization_request_endpoint: endpoints.pushed,
    device_authorization_endpoint: endpoints.deviceAuthorization,
    end_session_endpoint: endpoints.logout,
    ...(settings.registration !== undefined && { registration_endpoint: endpoints.register }),
    scopes_supported: [...settings.scopes.keys()],
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    grant_types_supported: [
      "authorization_code",
      "refresh_token",
      "client_credentials",
      "urn:ietf:params:oauth:grant-type:device_code",
      "urn:ietf:params:oauth:grant-type:token-exchange",
    ],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: keys.algorithms,
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: confidential,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    authorization_response_iss_parameter_supported: true,
    require_pushed_authorization_requests: settings.requirePushedRequests,
    ...(settings.acrValues.length > 0 && { acr_values_supported: settings.acrValues }),
    prompt_values_supported: ["none", "login", "consent", "select_account"],
    claims_supported: [
      "sub",
      "iss",
      "aud",
      "exp",
      "iat",
      "auth_time",
      "nonce",
      "acr",
      "amr",
      "sid",
      ...STANDARD_CLAIMS,
    ],
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
}
