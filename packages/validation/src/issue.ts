import { defaultLocale, type Locale } from "./locale.ts"
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
  readonly advice?: Term
  readonly message?: Message | undefined
  /** The value has not the one literal it must have: see {@link Run.missedTag}. */
  readonly isTag?: boolean
}

/** What says that a value was meant for another schema, and not that it is a bad one for this. */
const MISMATCHES: ReadonlySet<IssueCode> = new Set(["type", "value", "union"])

/** A report on its way up to the root. */
class Finding {
  readonly report: Report
  /** From the place to the root: each level adds its key as the validation goes back up, so a value that fits pays nothing. */
  upward: (string | number)[] = []
  message: Message | undefined
  locale: Locale | undefined
  isHidden = false

  constructor(report: Report) {
    this.report = report
    this.message = report.message
  }
}

/** A rule that has to wait for something, on its way up to the root. */
interface Waiting {
  readonly ask: () => Promise<Report | undefined>
  upward: (string | number)[]
  isHidden: boolean
}

function hide(one: Finding | Waiting): void {
  one.isHidden = true
  one.upward = []
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
    this.report({ code, expected, received })
  }

  report(report: Report): undefined {
    this.#add(new Finding(report))
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
    this.#waiting.push({ ask, upward: [], isHidden: false })
    this.waitingCount++
  }

  /** Says that the issues from `first` on were found under `key`. */
  locate(first: number, key: string | number): void {
    for (let at = first; at < this.count; at++) this.#found![at]!.upward.push(key)
  }

  /** Says that the rules from `first` on were deferred under `key`. */
  locateWaiting(first: number, key: string | number): void {
    for (let at = first; at < this.waitingCount; at++) this.#waiting![at]!.upward.push(key)
  }

  /** Puts the issues from `first` on, which are about one value, at a place in it. */
  move(first: number, path: readonly (string | number)[]): void {
    for (let at = path.length - 1; at >= 0; at--) this.locate(first, path[at]!)
  }

  /** Gives the issues from `first` on a message, unless they have one: those about the value itself, or also those about its parts. */
  reword(first: number, message: Message, where: "itself" | "anywhere"): void {
    for (let at = first; at < this.count; at++) {
      const finding = this.#found![at]!
      if (where === "anywhere" || finding.upward.length === 0) finding.message ??= message
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
    return this.#found?.some(({ upward, report }) => upward.length === 0 && MISMATCHES.has(report.code)) ?? false
  }

  /** The tag directly under the value that is another one than this run's schema has. */
  missedTag(): { readonly key: string | number; readonly expected: Term } | undefined {
    const missed = this.#found?.find(({ upward, report }) => upward.length === 1 && report.isTag === true)
    return missed && { key: missed.upward[0]!, expected: missed.report.expected! }
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
        const finding = new Finding(report)
        finding.upward = some[index]!.upward
        finding.isHidden = some[index]!.isHidden
        this.#add(finding)
      }
    }
  }

  /** @param locale The language the call asks for. Default: each schema's own, or the process's. */
  issues(locale?: Locale): ValidationIssue[] {
    const issues: ValidationIssue[] = []
    for (let at = 0; at < this.count; at++) issues.push(toIssue(this.#found![at]!, locale))
    return issues
  }
}

function toIssue(finding: Finding, asked: Locale | undefined): ValidationIssue {
  const { report, upward, message, isHidden } = finding
  const { code, expected, rule } = report
  const path = upward.length > 1 ? upward.reverse() : upward
  const locale = asked ?? finding.locale ?? defaultLocale()
  const received = isHidden ? undefined : report.received
  const facts = factsOf(code, path, expected, received)
  if (rule !== undefined) facts.rule = rule
  if (message === undefined) facts.message = isHidden ? hiddenMessage(report, locale) : messageOf(report, locale)
  else facts.message = typeof message === "string" ? message : message(messageIssue(facts, locale))
  return facts
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function factsOf(
  code: IssueCode,
  path: (string | number)[],
  expected: Term | undefined,
  received: Term | undefined,
): Writable<ValidationIssue> {
  if (expected === undefined) return { code, path, message: "" }
  if (received === undefined) return { code, path, message: "", expected: expected.english }
  return { code, path, message: "", expected: expected.english, received: received.english }
}

function messageIssue({ path: _, message: __, ...facts }: ValidationIssue, { tag }: Locale): MessageIssue {
  return { ...facts, locale: tag }
}

function messageOf({ expected, received, sentence: say, advice }: Report, locale: Locale): string {
  const told =
    say !== undefined
      ? say(locale)
      : expected !== undefined && received !== undefined
        ? expectation(expected, received, locale)
        : sentence("refused", {}, locale)
  return advice === undefined ? told : `${told} ${advice.in(locale)}`
}

function expectation(expected: Term, received: Term, locale: Locale): string {
  // The sentence of `locales/en.ts`; what most ask for is put together without looking for its parts.
  if (locale.tag === "en") return `Expected ${expected.english}, got ${received.english}.`
  return sentence("expected", { expected, received }, locale)
}

/** What a message says of what is wanted, without what was sent. */
function hiddenMessage({ code, expected }: Report, locale: Locale): string {
  if (expected !== undefined) return sentence("expectedOnly", { expected }, locale)
  return sentence(code === "unknown_key" || code === "key" ? "hiddenKey" : "refused", {}, locale)
}
