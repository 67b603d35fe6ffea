import { isHiddenName } from "../redaction/redact-text.ts"
import { tokenPatterns, urlPassword } from "../redaction/secret-patterns.ts"
import { type Finding, findingOf, type RuleId } from "./finding.ts"
import type { TreeFile } from "./tree.ts"

/** What stands for a secret in examples, and is none. */
const PLACEHOLDER =
  /example|sample|dummy|placeholder|changeme|change[-_]me|your[-_]|xxx|\.\.\.|…|<[^>]*>|\$\{|\{\{|^\$|%[sd]|process\.env|import\.meta|redacted|hunter2|not[-_ ]?a[-_ ]?secret|test|fake|secret|passw|token|localhost|(.)\1{5}|0123|1234|abcd/i
/** A name that says secret, and a text in quotes. */
const ASSIGNED =
  /(?<![\w.-])["']?(?<name>[A-Za-z][\w.-]{1,63})["']?\s{0,4}(?::|=|=>|:=)\s{0,4}(?<quote>["'`])(?<value>[^"'`\s]{16,200})\k<quote>/g
/** `NAME=value` in files of the environment. */
const ENV_LINE = /^(?:export )?(?<name>[A-Z][A-Z0-9_]{1,63})=(?<quote>["']?)(?<value>[^"'\s#]{16,200})\k<quote>\s*$/gm
/** What everybody may know. */
const PUBLIC = /^sig$|signature|public|publishable/i
const MIN_ENTROPY = 3.7

/** Secrets in a text, by what they look like and by what they are called. */
export function scanText({ path, text }: Pick<TreeFile, "path" | "text">): readonly Finding[] {
  const findings: Finding[] = []
  const seen = new Set<number>()
  const add = (rule: RuleId, at: number, what: { kind: string; secret: string }): void => {
    const line = lineAt(text, at)
    if (seen.has(line)) return // one word of a line is enough
    seen.add(line)
    findings.push(
      findingOf(rule, { message: `Looks like ${what.kind}.`, place: { file: path, line }, mark: what.secret }),
    )
  }
  for (const { kind, pattern, accepts } of [...tokenPatterns, urlPassword])
    for (const match of text.matchAll(pattern)) {
      const secret = match.groups?.secret ?? match[0]
      if (accepts?.(match[0]) === false || isPlaceholder(kind, secret, match[0])) continue
      add("secret/known", match.index, { kind: `a ${kind}`, secret })
    }
  const isLocked = /(?:^|\/)(?:[\w.-]*lock[\w.-]*|go\.sum)$/.test(path)
  const isEnv = /(?:^|\/)\.env(?:\.|$)/.test(path)
  for (const pattern of isLocked ? [] : isEnv ? [ENV_LINE, ASSIGNED] : [ASSIGNED])
    for (const match of text.matchAll(pattern)) {
      const { name = "", value = "" } = match.groups ?? {}
      if (isHiddenName(name) && !PUBLIC.test(name) && isRandom(value))
        add("secret/entropy", match.index, { kind: `the value of ${name}`, secret: value })
    }
  return findings
}

function isPlaceholder(kind: string, secret: string, match: string): boolean {
  if (kind === "private-key") return !/-----\s+[A-Za-z0-9+/=\s]{60,}/.test(secret.replaceAll("\\n", "\n"))
  if (kind === "url-password") return secret.length < 8 || PLACEHOLDER.test(match) || entropy(secret) < 2.5
  if (kind === "jwt") return !isSignedJwt(secret)
  return entropy(secret) < 3 || /example|(.)\1{7}/i.test(secret)
}

/** A header that names an algorithm, and a signature. */
function isSignedJwt(text: string): boolean {
  const [head = "", , signature = ""] = text.split(".")
  if (signature.length < 32) return false
  try {
    const header: unknown = JSON.parse(Buffer.from(head, "base64url").toString("utf8"))
    return typeof header === "object" && header !== null && "alg" in header
  } catch {
    return false
  }
}

function isRandom(value: string): boolean {
  if (PLACEHOLDER.test(value) || /^[a-z]+(?:[-_./:][a-z]+)*$/i.test(value) || /^(?:https?|[a-z]+):\/\//i.test(value))
    return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(value)).length
  return kinds >= 2 && entropy(value) >= MIN_ENTROPY - (value.length < 24 ? 0.3 : 0)
}

/** Shannon's, in bits for each character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

function lineAt(text: string, at: number): number {
  let line = 1
  for (let from = text.indexOf("\n"); from !== -1 && from < at; from = text.indexOf("\n", from + 1)) line++
  return line
}

const TLS_OFF =
  /NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s{0,4}[=:]\s{0,4}["']?0\b|\brejectUnauthorized["']?\s{0,4}:\s{0,4}false\b|\bstrictSSL["']?\s{0,4}:\s{0,4}false\b/g

/** What is set up so that it cannot protect. */
export function scanConfiguration({ path, text, isTracked }: TreeFile): readonly Finding[] {
  const findings: Finding[] = []
  const isTest = /(?:^|\/)(?:tests?|__tests__|fixtures|testing)\/|[.-](?:test|spec)\.[cm]?[jt]sx?$|\.md$/.test(path)
  if (
    isTracked === true &&
    /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$)[\w-]+)?$/.test(path) &&
    /^\w+=\S/m.test(text)
  )
    findings.push(findingOf("config/env-file", { message: "git keeps this file.", place: { file: path }, mark: "" }))
  if (!isTest)
    for (const { index } of text.matchAll(TLS_OFF)) {
      const line = lineAt(text, index)
      const said = text.split("\n", line)[line - 1]!.trim()
      if (!/^(?:\/\/|\*|#)/.test(said))
        findings.push(
          findingOf("config/tls-off", {
            message: "Certificates are not checked here.",
            place: { file: path, line },
            mark: said,
          }),
        )
    }
  if (/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[\w-]+)?$|\.dockerfile$/i.test(path) && isRootContainer(text))
    findings.push(
      findingOf("config/container-root", {
        message: "The container runs as root.",
        place: { file: path, line: 1 },
        mark: "",
      }),
    )
  return findings
}

function isRootContainer(text: string): boolean {
  const lines = text.split("\n")
  const last = lines.findLastIndex((line) => /^\s*FROM\s/i.test(line))
  if (last === -1 || !lines.some((line) => /^\s*(?:CMD|ENTRYPOINT)\s/i.test(line))) return false
  if (/:nonroot|distroless.*nonroot/i.test(lines[last]!)) return false
  const user = lines.slice(last).findLast((line) => /^\s*USER\s/i.test(line))
  return user === undefined || /^\s*USER\s+(?:root|0)(?::|\s|$)/i.test(user)
}
