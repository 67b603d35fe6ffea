import { defaultLocale, type Locale } from "./locale.ts"
import { english } from "./locales/en.ts"
import { sentence, type Term } from "./term.ts"

/** A validation stops looking after this many issues: who sends a million wrong items is not sent a million lines back. */
export const MAX_ISSUES = 50

/** Values nested deeper than this are refused where a schema would follow them down: by `v.lazy` and by `v.json`. */
export const MAX_DEPTH = 128

/**
 * What kind of thing is wrong:
 * - `type`: another type · `required`: a key is absent · `value`: none of the values allowed · `union`: none of the shapes allowed
 * - `too_small`, `too_big`: a length, a size or a number out of bounds · `format`: text of another form
 * - `unknown_key`: a key the object has not · `key`: a record's key of another form · `duplicate`: an item that is there twice
 * - `refused`: a rule or `transform` of your own · `too_deep`: nested beyond {@link MAX_DEPTH}
 */
export type IssueCode =
  | "type"
  | "required"
  | "value"
  | "union"
  | "too_small"
  | "too_big"
  | "format"
  | "unknown_key"
  | "key"
  | "duplicate"
  | "refused"
  | "too_deep"

/** One thing that is wrong with a value. Safe to show to who sent it: it repeats no text of theirs but key names and enum values. */
export interface ValidationIssue {
  readonly code: IssueCode
  /** From the root to the place. */
  readonly path: readonly (string | number)[]
  /** "a string", "at most 10 items"; in English always, the message is for people. Absent where a rule of your own refused. */
  readonly expected?: string
  /** What was there, by its kind or size: "a number", "12 items". Absent where `expected` is, and for secrets. */
  readonly received?: string
  /** The name of the rule that refused, where it has one. */
  readonly rule?: string
  /** A sentence for people. */
  readonly message: string
}

/** What a message of your own can be made of. */
export interface MessageIssue extends Omit<ValidationIssue, "message" | "path"> {
  /** The language that is asked for: `de`. */
  readonly locale: string
}

/** A message of your own: as it is, or made for each issue. */
export type Message = string | ((issue: MessageIssue) => string)

/** An issue as a check reports it: where it is, the levels above will say. */
export interface Report {
  readonly code: IssueCode
  readonly expected?: Term
  readonly received?: Term
  readonly rule?: string
  /** In place of "Expected …, got …". */
  readonly sentence?: (locale: Locale) => string
  /** What may be done about it, behind the message. */
  readonly advice?: Term | undefined
  readonly message?: Message | undefined
  /** The value has not the one literal it must have: see {@link Run.missedTag}. */
  readonly isTag?: boolean
}

/** What says that a value was meant for another schema, and not that it is a bad one for this. */
const MISMATCHES: ReadonlySet<IssueCode> = new Set(["type", "value", "union"])

/** A step of a path, and those behind it. Levels put theirs in front as the validation goes back up: what fits pays nothing. */
interface PathStep {
  readonly key: string | number
  readonly rest: PathStep | undefined
}

/** A report on its way up to the root. */
class Finding {
  readonly code: IssueCode
  readonly expected: Term | undefined
  readonly received: Term | undefined
  /** What there is to say besides. */
  readonly report: Report | undefined
  path: PathStep | undefined
  message: Message | undefined
  locale: Locale | undefined
  isHidden: boolean

  constructor(code: IssueCode, expected: Term | undefined, received: Term | undefined, report?: Report) {
    this.code = code
    this.expected = expected
    this.received = received
    this.report = report
    this.path = undefined
    this.message = report?.message
    this.locale = undefined
    this.isHidden = false
  }
}

/** A rule that has to wait for something, on its way up to the root. */
interface Waiting {
  readonly ask: () => Promise<Report | undefined>
  path: PathStep | undefined
  isHidden: boolean
}

function prefix(one: Finding | Waiting, key: string | number): void {
  one.path = { key, rest: one.path }
}

function hide(one: Finding | Waiting): void {
  one.isHidden = true
  one.path = undefined
}

/** One run of a validation. The lists are made by the first that comes into them. */
export class Run {
  /** How many issues there are; a check that left it as it was has accepted. */
  count: number = 0
  /** How many rules are to be asked later. */
  waitingCount: number = 0
  /** How many levels of `v.lazy` and `v.json` are above. */
  depth: number
  #found: Finding[] | undefined
  #waiting: Waiting[] | undefined

  constructor(depth: number = 0) {
    this.depth = depth
  }

  get isFull(): boolean {
    return this.count >= MAX_ISSUES
  }

  /** "Expected `expected`, got `received`." Gives `undefined`, as does every failed check. */
  expect(code: IssueCode, expected: Term, received: Term): undefined {
    this.#add(new Finding(code, expected, received))
  }

  report(report: Report): undefined {
    this.#add(new Finding(report.code, report.expected, report.received, report))
  }

  #add(finding: Finding): void {
    if (this.isFull) return
    this.#found ??= []
    this.#found.push(finding)
    this.count++
  }

  /** Asks a rule when all others have accepted. */
  defer(ask: () => Promise<Report | undefined>): void {
    this.#waiting ??= []
    this.#waiting.push({ ask, path: undefined, isHidden: false })
    this.waitingCount++
  }

  /** Says that the issues from `first` on were found under `key`. */
  locate(first: number, key: string | number): void {
    for (let at = first; at < this.count; at++) prefix(this.#found![at]!, key)
  }

  /** Says that the rules from `first` on were deferred under `key`. */
  locateWaiting(first: number, key: string | number): void {
    for (let at = first; at < this.waitingCount; at++) prefix(this.#waiting![at]!, key)
  }

  /** Puts the issues from `first` on, which are about one value, at a place in it. */
  move(first: number, path: readonly (string | number)[]): void {
    for (let at = path.length - 1; at >= 0; at--) this.locate(first, path[at]!)
  }

  /** Gives the issues from `first` on a message, unless they have one: those about the value itself, or also those about its parts. */
  reword(first: number, message: Message, where: "itself" | "anywhere"): void {
    for (let at = first; at < this.count; at++) {
      const finding = this.#found![at]!
      if (where === "anywhere" || finding.path === undefined) finding.message ??= message
    }
  }

  /** Sets the language of the issues from `first` on, where it is not set. */
  speak(first: number, locale: Locale): void {
    for (let at = first; at < this.count; at++) this.#found![at]!.locale ??= locale
  }

  /**
   * Leaves out of the issues from `first` on, and of the rules deferred from `firstWaiting` on, whatever they say of what was
   * sent. They are told of the secret as a whole: the way to its parts may be made of keys that were sent.
   */
  hide(first: number, firstWaiting: number): void {
    for (let at = first; at < this.count; at++) hide(this.#found![at]!)
    for (let at = firstWaiting; at < this.waitingCount; at++) hide(this.#waiting![at]!)
  }

  /** Whether the value as a whole is of another type than this run's schema. */
  missesType(): boolean {
    return this.#found?.some(({ path, code }) => path === undefined && MISMATCHES.has(code)) ?? false
  }

  /** The tag directly under the value that is another one than this run's schema has. */
  missedTag(): { readonly key: string | number; readonly expected: Term } | undefined {
    const missed = this.#found?.find(
      ({ path, report }) => report?.isTag === true && path !== undefined && path.rest === undefined,
    )
    return missed && { key: missed.path!.key, expected: missed.expected! }
  }

  /** Takes over another run's issues, and the rules it deferred. */
  take(other: Run): undefined {
    for (const finding of other.#found ?? []) this.#add(finding)
    for (const waiting of other.#waiting ?? []) {
      this.#waiting ??= []
      this.#waiting.push(waiting)
      this.waitingCount++
    }
  }

  /** Asks the deferred rules, a few at a time. What they refuse is added in their order. */
  async settle(atOnce: number): Promise<void> {
    const waiting = this.#waiting ?? []
    for (let at = 0; at < waiting.length && !this.isFull; at += atOnce) {
      const some = waiting.slice(at, at + atOnce)
      const reports = await Promise.all(some.map(({ ask }) => ask()))
      for (const [index, report] of reports.entries()) {
        if (report === undefined) continue
        const finding = new Finding(report.code, report.expected, report.received, report)
        finding.path = some[index]!.path
        finding.isHidden = some[index]!.isHidden
        this.#add(finding)
      }
    }
  }

  /** @param locale The language the call asks for. Default: each schema's own, or the process's. */
  issues(locale?: Locale): ValidationIssue[] {
    const issues: ValidationIssue[] = []
    const usual = defaultLocale()
    for (let at = 0; at < this.count; at++) {
      const finding = this.#found![at]!
      issues.push(toIssue(finding, locale ?? finding.locale ?? usual))
    }
    return issues
  }
}

function toIssue(finding: Finding, locale: Locale): ValidationIssue {
  const { code, expected, received, report, message, isHidden } = finding
  const path = pathOf(finding.path)
  if (
    message !== undefined ||
    isHidden ||
    expected === undefined ||
    received === undefined ||
    report?.rule !== undefined
  )
    return toOddIssue(finding, path, locale)
  // By far the most are of this kind.
  const told = expectation(expected, received, locale)
  return {
    code,
    path,
    expected: expected.english,
    received: received.english,
    message: report?.advice === undefined ? told : `${told} ${report.advice.in(locale)}`,
  }
}

function pathOf(first: PathStep | undefined): (string | number)[] {
  if (first === undefined) return []
  if (first.rest === undefined) return [first.key]
  const path = [first.key, first.rest.key]
  for (let step = first.rest.rest; step !== undefined; step = step.rest) path.push(step.key)
  return path
}

function expectation(expected: Term, received: Term, locale: Locale): string {
  // The sentence of `locales/en.ts`; what most ask for is put together without looking for its parts.
  if (locale === english) return `${expected.expectation + received.english}.`
  return sentence("expected", { expected, received }, locale)
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** An issue that is told in words of its own, or of which something is left out. */
function toOddIssue(finding: Finding, path: (string | number)[], locale: Locale): ValidationIssue {
  const { code, expected, received, report, message, isHidden } = finding
  const issue: Writable<ValidationIssue> = { code, path, message: "" }
  if (expected !== undefined) issue.expected = expected.english
  if (received !== undefined && !isHidden) issue.received = received.english
  if (report?.rule !== undefined) issue.rule = report.rule
  if (typeof message === "string") issue.message = message
  else if (message !== undefined) issue.message = message(messageIssue(issue, locale))
  else issue.message = isHidden ? hiddenMessage(finding, locale) : oddMessage(report, locale)
  return issue
}

function messageIssue({ path: _, message: __, ...facts }: ValidationIssue, { tag }: Locale): MessageIssue {
  return { ...facts, locale: tag }
}

function oddMessage(report: Report | undefined, locale: Locale): string {
  const told = report?.sentence === undefined ? sentence("refused", {}, locale) : report.sentence(locale)
  return report?.advice === undefined ? told : `${told} ${report.advice.in(locale)}`
}

/** What a message says of what is wanted, without what was sent. */
function hiddenMessage({ code, expected }: Finding, locale: Locale): string {
  if (expected !== undefined) return sentence("expectedOnly", { expected }, locale)
  return sentence(code === "unknown_key" || code === "key" ? "hiddenKey" : "refused", {}, locale)
}
