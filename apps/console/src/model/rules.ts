import type { Access, Rule, Rules, UserRule } from "@ashlar/sdk"

export const operations = ["read", "create", "update", "delete"] as const
export type Operation = (typeof operations)[number]

/** From nobody to everybody: each level lets in all before it. */
export const levels = [null, "secret", "user", "publishable", "public"] as const

export const levelNames = {
  none: "No one",
  secret: "Secret keys",
  user: "App users",
  publishable: "Publishable keys",
  public: "Public",
} as const

/** Whether the rule asks something of the app's users, as `ashlar.toml` says it. */
export function isConditional(rule: Rule): rule is UserRule {
  return typeof rule === "object" && rule !== null
}

export function levelName(rule: Rule): string {
  return isConditional(rule) ? "Some app users" : levelNames[rule ?? "none"]
}

/** Who may, in a few words. */
export function describeRules(rule: Rule): string {
  if (rule === null) return "members only"
  if (isConditional(rule)) return "app users, with conditions"
  if (rule === "secret") return "secret keys, functions"
  if (rule === "user") return "signed-in users of the app"
  return rule === "publishable" ? "any key of the project" : "everybody"
}

const nouns: Record<Operation, string> = {
  read: "read documents",
  create: "create documents",
  update: "change documents",
  delete: "delete documents",
}

/** The plain sentence under a rule. Members are outside of rules, so each sentence that closes says so. */
export function ruleSentence(operation: Operation, access: Rule, count: number): string {
  const what = nouns[operation]
  if (isConditional(access)) return `${conditionSentence(access, what)} Servers and functions may without it.`
  if (access === "user") return `Whoever is signed in to your app may ${what}, and so may your servers and functions.`
  if (access === null) return `No rule means no one. Only members of the project may ${what}.`
  if (access === "secret") return `Your servers and your functions may ${what}. Browsers may not.`
  if (access === "publishable")
    return `Whoever has a key may ${what}, and a publishable key is in the hands of everybody who opens your app.`
  return operation === "read"
    ? `Anybody who can reach this server may read ${count === 1 ? "the one document" : `all ${count.toLocaleString("en-US")} documents`}, without a key.`
    : `Anybody who can reach this server may ${what}, without a key.`
}

function conditionSentence({ roles, mfa, where }: UserRule, what: string): string {
  const some = roles === undefined ? "Users of your app" : `Users of your app with the role ${roles.join(" or ")}`
  const who = mfa === true ? `${some} who have shown a second factor` : some
  return where === undefined ? `${who} may ${what}.` : `${who} may ${what} for which ${JSON.stringify(where)} holds.`
}

/** Callers, and what lets each of them in. */
export const callers = [
  { name: "Anonymous", hint: "no key", least: 4, member: false },
  { name: "Publishable key", hint: "browsers and apps", least: 3, member: false },
  { name: "App user", hint: "signed in to the app", least: 2, member: false },
  { name: "Secret key", hint: "servers, functions", least: 1, member: false },
  { name: "Viewer", hint: "member, reads only", least: 0, member: true },
  { name: "Developer or owner", hint: "member, outside of rules", least: 0, member: true },
] as const

export function mayCall(caller: (typeof callers)[number], operation: Operation, rules: Rules): boolean {
  if (caller.member) return operation === "read" || caller.name !== "Viewer"
  const rule = rules[operation]
  // A condition lets in some users at least, and whoever stands above them.
  return levels.indexOf(isConditional(rule) ? "user" : rule) >= caller.least
}

/** What publishing would change, per caller: `Anonymous callers gain read.` */
export function ruleChanges(from: Rules, to: Rules): readonly string[] {
  const said: string[] = []
  for (const caller of callers.filter(({ member }) => !member)) {
    const gains = operations.filter((operation) => mayCall(caller, operation, to) && !mayCall(caller, operation, from))
    const loses = operations.filter((operation) => !mayCall(caller, operation, to) && mayCall(caller, operation, from))
    const who = caller.name === "Anonymous" ? "Anybody" : `${caller.name}s`
    const s = who === "Anybody" ? "s" : ""
    if (gains.length > 0) said.push(`${who} gain${s} ${gains.join(", ")}.`)
    if (loses.length > 0) said.push(`${who} lose${who === "Anybody" ? "s" : ""} ${loses.join(", ")}.`)
  }
  return said
}

/** The operations that everybody would be let into, and is not yet. */
export function opened(from: Rules, to: Rules): readonly Operation[] {
  return operations.filter((operation) => to[operation] === "public" && from[operation] !== "public")
}

/** Who may call a function, besides members. */
export const accessNames: Readonly<Record<Access, string>> = {
  secret: "Secret keys",
  publishable: "Any key",
  public: "Everybody",
}
