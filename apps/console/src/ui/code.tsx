import type { ReactNode } from "react"

export type Language = "json" | "js" | "shell" | "sql" | "text"

const keywords: Readonly<Record<Exclude<Language, "json" | "text">, string>> = {
  js: "import|from|export|default|const|let|for|await|of|async|return|new|if|else|function",
  shell: "curl|ashlar|npm|npx|bun",
  sql: "SELECT|FROM|WHERE|AND|OR|NOT|ORDER|BY|LIMIT|IN|EXISTS|CASE|WHEN|THEN|ELSE|END|AS|ASC|DESC|CAST|COUNT|WITH|JOIN|ON|INDEXED|IS|NULL",
}

const string = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'|${"`"}(?:[^${"`"}\\]|\\.)*${"`"}`

/** One scanner per language: comment, string, number, constant and keyword, each in its own group. */
function scanner(language: Language): RegExp {
  const comment =
    language === "js" ? String.raw`//[^\n]*` : language === "shell" ? String.raw`(?:^|(?<=\s))#[^\n]*` : "(?!)"
  const word = language === "json" || language === "text" ? "(?!)" : String.raw`\b(?:${keywords[language]})\b`
  const number = language === "shell" ? "(?!)" : String.raw`(?<![\w.$-])-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b`
  const flags = language === "sql" ? "gim" : "gm"
  return new RegExp(
    String.raw`(?<c>${comment})|(?<s>${string})|(?<n>${number})|(?<b>\b(?:true|false|null)\b)|(?<k>${word})`,
    flags,
  )
}

/** Colours code without running an editor. A JSON key stays in the colour of text. */
export function highlight(text: string, language: Language): ReactNode[] {
  if (language === "text") return [text]
  const parts: ReactNode[] = []
  let end = 0
  for (const match of text.matchAll(scanner(language))) {
    const groups = match.groups ?? {}
    const kind = (["c", "s", "n", "b", "k"] as const).find((name) => groups[name] !== undefined)
    const isKey =
      language === "json" &&
      kind === "s" &&
      /^\s*:/.test(text.slice(match.index + match[0].length, match.index + match[0].length + 8))
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push(
      isKey ? (
        match[0]
      ) : (
        <span key={match.index} className={kind}>
          {match[0]}
        </span>
      ),
    )
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}

/** Above this the text is shown in one colour: colouring it would hold the page up. */
const MAX_COLOURED_CHARACTERS = 60_000

export function CodeView({
  text,
  language,
  numbers,
  label,
}: {
  text: string
  language: Language
  numbers?: boolean
  label?: string
}) {
  const content = highlight(text, text.length > MAX_COLOURED_CHARACTERS ? "text" : language)
  if (!numbers)
    return (
      // biome-ignore lint/a11y/useSemanticElements: a fieldset holds fields
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      <pre className="code" role="group" tabIndex={0} aria-label={label}>
        {content}
      </pre>
    )
  return (
    <div className="still">
      <pre className="code ln" aria-hidden="true">
        {text.split("\n").map((_, line) => `${line + 1}\n`)}
      </pre>
      <pre className="code">{content}</pre>
    </div>
  )
}
