/** What a secret looks like, wherever it stands. */
export interface SecretPattern {
  /** What it is, for whoever reads the report: `github-token`. Lower-case letters, digits and dashes. */
  readonly kind: string
  /** Matches the secret, or the group `secret` in it. It must be global, and must take time that grows with the text only. */
  readonly pattern: RegExp
  /** Whether a match is one, where the pattern alone cannot tell. */
  readonly accepts?: (text: string) => boolean
}

/**
 * Keys and tokens that say what they are by how they begin. Each alternative starts with fixed letters, so that a text is read once.
 * @see https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export const tokenPatterns: readonly SecretPattern[] = [
  {
    kind: "private-key",
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-(?!----END)[^-]*)*(?:-----END [A-Z0-9 ]{1,60}-----)?/g,
  },
  { kind: "jwt", pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,3}/g },
  { kind: "ashlar-key", pattern: /\bak_secret_[A-Za-z0-9_-]{8,}/g },
  { kind: "aws-access-key", pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g },
  { kind: "github-token", pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{50,251})/g },
  { kind: "gitlab-token", pattern: /\bgl(?:pat|dt|rt|cbt|ptt|oas)-[A-Za-z0-9_-]{20,200}/g },
  { kind: "slack-token", pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}|\bxapp-\d-[A-Za-z0-9-]{10,250}/g },
  { kind: "slack-webhook", pattern: /\bhooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/_-]{20,200}/g },
  { kind: "stripe-key", pattern: /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}|\bwhsec_[A-Za-z0-9+/=]{24,250}/g },
  { kind: "google-api-key", pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { kind: "google-oauth-secret", pattern: /\bGOCSPX-[A-Za-z0-9_-]{28}/g },
  { kind: "npm-token", pattern: /\bnpm_[A-Za-z0-9]{36}/g },
  { kind: "sendgrid-key", pattern: /\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}/g },
  { kind: "openai-key", pattern: /\bsk-(?:proj-|svcacct-|ant-)?[A-Za-z0-9_-]{32,250}/g },
  { kind: "age-key", pattern: /\bAGE-SECRET-KEY-1[A-Z0-9]{58}/g },
  { kind: "vault-token", pattern: /\bhv[sbr]\.[A-Za-z0-9_-]{24,300}/g },
  { kind: "pypi-token", pattern: /\bpypi-AgE[A-Za-z0-9_-]{50,300}/g },
  { kind: "digitalocean-token", pattern: /\bdo[oprt]_v1_[a-f0-9]{64}/g },
  { kind: "shopify-token", pattern: /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/g },
  { kind: "hugging-face-token", pattern: /\bhf_[A-Za-z0-9]{34}/g },
  { kind: "telegram-token", pattern: /(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g },
]

/** The password in a URL: `postgres://app:HERE@db/shop`. */
export const urlPassword: SecretPattern = {
  kind: "url-password",
  pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@?#"'<>]{0,256}:(?<secret>[^\s/?#"'<>]{1,512})@/gi,
}
